/** Ends the set-up with one sentence and an exit code: 1 something failed, 2 something is missing. */
export class SetupStop extends Error {
  constructor(sentence, exitCode, detail = '') {
    super(sentence);
    this.exitCode = exitCode;
    this.detail = detail;
  }
}

/** One line of progress, on stderr so that stdout stays the command's own. */
export function say(sentence) {
  process.stderr.write(`decant: ${sentence}\n`);
}
