import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const sources = '{src,recipes,hsm,firmware-bridge,tests}/**/*.{ts,tsx}';

/**
 * What `using` holds is given up when its function returns: a function that is not async returns its promise unsettled.
 * (Within async functions return-await of oxlint.json sees to it.)
 */
export function checkLifetimes(root: string): string[] {
  return globSync(sources, { cwd: root, exclude: ['**/node_modules/**', '**/dist/**'] }).flatMap((path) =>
    earlyEnds(path, readFileSync(join(root, path), 'utf8')),
  );
}

/** A complaint for each function of a file that gives up what it holds before its promise settles. */
export function earlyEnds(path: string, text: string): string[] {
  if (!/\busing\b/.test(text)) return [];
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const complaints: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && promises(node) && !isAsync(node) && holds(node)) {
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      complaints.push(`${path}:${line} holds something with using and returns a promise: make it async and await`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return complaints;
}

function promises(node: ts.SignatureDeclaration): boolean {
  return /^Promise(Like)?</.test(node.type?.getText() ?? '');
}

function isAsync(node: ts.SignatureDeclaration): boolean {
  return (
    ts.canHaveModifiers(node) && (ts.getCombinedModifierFlags(node as ts.Declaration) & ts.ModifierFlags.Async) !== 0
  );
}

/** Whether a `using` stands in the function itself, not in one inside it. */
function holds(node: ts.Node): boolean {
  let found = false;
  ts.forEachChild(node, (child) => {
    if (ts.isFunctionLike(child)) return;
    const declares = ts.isVariableDeclarationList(child) && (child.flags & ts.NodeFlags.Using) !== 0;
    found ||= declares || holds(child);
  });
  return found;
}
