/** What a recipe may ask somebody to do by hand, and the number that stands for it in a record. Add, never renumber. */
export const instructions = {
  'add-ice': 1,
  'add-crushed-ice': 2,
  'add-herbs': 3,
  'add-garnish': 4,
  stir: 5,
  shake: 6,
  'top-up': 7,
} as const;

export type Instruction = keyof typeof instructions;

/** The name of an instruction, or null for a number that this release does not know. */
export function instructionName(number: number): Instruction | null {
  const found = Object.entries(instructions).find(([, known]) => known === number);
  return found === undefined ? null : (found[0] as Instruction);
}
