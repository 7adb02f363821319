import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** Limits in lines, folders of tables of text (no code, no limit), and what stands over them today (`path` or `path#function`): that may only fall. */
interface Sizes {
  readonly limits: { readonly file: number; readonly function: number };
  readonly tables: readonly string[];
  readonly over: Readonly<Record<string, number>>;
}

const sources = '{src,recipes,hsm,firmware-bridge,tests}/**/*.{ts,tsx,mjs}';

/** Holds every source file and product function below `root` against sizes.json; answers what is too long. */
export function checkSizes(root: string): string[] {
  const sizes = JSON.parse(readFileSync(join(root, 'tests', 'lint', 'sizes.json'), 'utf8')) as Sizes;
  const measured = new Map<string, number>();
  for (const path of globSync(sources, { cwd: root, exclude: ['**/node_modules/**', '**/dist/**'] })) {
    measure(path, readFileSync(join(root, path), 'utf8'), measured);
  }
  return compare(measured, sizes);
}

/** What breaks the limits, and which exceptions have become too generous. */
export function compare(measured: ReadonlyMap<string, number>, { limits, tables, over }: Sizes): string[] {
  const complaints: string[] = [];
  for (const [name, lines] of measured) {
    if (tables.some((folder) => name.startsWith(folder) && !name.includes('#'))) continue;
    const limit = name.includes('#') ? limits.function : limits.file;
    const allowed = over[name] ?? limit;
    if (lines > allowed) complaints.push(`${name} has ${lines} lines, at most ${allowed}: split it at a noun`);
  }
  for (const [name, allowed] of Object.entries(over)) {
    const lines = measured.get(name) ?? 0;
    if (lines < allowed) complaints.push(`${name} has only ${lines} lines now: lower or drop its entry in sizes.json`);
  }
  return complaints;
}

/**
 * Adds the length of a file and, for product files, of each of its functions (the longest of a name). The lines of the
 * functions inside a function are their own.
 */
export function measure(path: string, text: string, into: Map<string, number>): void {
  into.set(path, text.split('\n').length - 1);
  if (/\.test\.tsx?$|^tests\//.test(path)) return;
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const lineOf = (at: number): number => source.getLineAndCharacterOfPosition(at).line;
  /** Answers how many lines below `node` belong to functions. */
  const visit = (node: ts.Node): number => {
    let taken = 0;
    ts.forEachChild(node, (child) => {
      taken += visit(child);
    });
    if (!ts.isFunctionLike(node) || !('body' in node) || node.body === undefined) return taken;
    const name = `${path}#${nameOf(node)}`;
    const span = lineOf(node.getEnd()) - lineOf(node.getStart());
    into.set(name, Math.max(span + 1 - taken, into.get(name) ?? 0));
    return span;
  };
  visit(source);
}

function nameOf(node: ts.SignatureDeclaration): string {
  const own = node.name?.getText();
  if (own !== undefined) return own;
  const { parent } = node;
  if (parent && (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent))) return parent.name.getText();
  return ts.isConstructorDeclaration(node) ? 'constructor' : 'anonymous';
}
