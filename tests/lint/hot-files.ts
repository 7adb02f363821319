import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/**
 * Files through which amounts pass while a drink is poured, and their functions that see none (made once, or for an error).
 * Everything else in them must leave nothing on V8's heap: it cannot be wiped there.
 */
export const hotFiles: Readonly<Record<string, readonly string[]>> = {
  'firmware-bridge/column.ts': ['valueAt'],
  'firmware-bridge/dose-buffer.ts': [],
  'firmware-bridge/gpio/schedule.ts': [],
  'firmware-bridge/readings.ts': ['place'],
  'firmware-bridge/step-buffer.ts': [],
  'recipes/record.ts': [],
  'src/cell/executor/totals-buffer.ts': [],
  'src/cell/executor/weighed-dose.ts': [],
  'src/cell/executor/weight.ts': [],
  'src/cell/planner/drive.ts': [],
  'src/cell/planner/flow-calibration.ts': ['constructor', 'inRange'],
  'src/cell/planner/plan.ts': [],
  'src/cell/planner/pulse.ts': [],
  'src/cell/planner/remainder.ts': [],
  'src/cell/planner/schedule.ts': [],
  'src/cell/planner/whole.ts': [],
};

/** From here on V8 keeps a number on its heap. */
const heapNumber = 2 ** 31;
/** Calls that make fractions, texts, lists or objects out of numbers. */
const makers =
  /^(Math\.(?!max$|min$|abs$)\w+|Number|parseFloat|parseInt|String|BigInt|Object\.\w+|Array(\.\w+)?|JSON\.\w+|structuredClone|.*\.(toString|toFixed|toPrecision|toLocaleString|join|entries|map|flatMap|filter|slice|concat|toSorted|push\.apply))$/;

/** Holds the hot files below `root` to their rule; answers what breaks it. */
export function checkHotFiles(root: string): string[] {
  return Object.entries(hotFiles).flatMap(([path, exempt]) =>
    leftOnHeap(path, readFileSync(join(root, path), 'utf8'), exempt),
  );
}

/** A complaint for each place of a hot file that leaves something on the heap. */
export function leftOnHeap(path: string, text: string, exempt: readonly string[] = []): string[] {
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const complaints: string[] = [];
  const visit = (node: ts.Node, isHot: boolean): void => {
    // types, and what is written in a throw, leave nothing of a good drink
    if (ts.isTypeNode(node) || ts.isThrowStatement(node)) return;
    const why = isHot ? reasonAgainst(node) : null;
    if (why !== null) {
      const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
      complaints.push(
        `${path}:${line} ${why}: amounts stay in typed arrays and whole numbers (src/cell/planner/whole.ts)`,
      );
    }
    if (ts.isFunctionLike(node) && exempt.includes(nameOf(node))) return;
    ts.forEachChild(node, (child) => visit(child, isHot || ts.isFunctionLike(node)));
  };
  visit(source, false);
  return complaints;
}

function reasonAgainst(node: ts.Node): string | null {
  if (ts.isObjectLiteralExpression(node)) return 'makes an object';
  if (ts.isArrayLiteralExpression(node)) return 'makes a list';
  if (ts.isSpreadElement(node)) return 'spreads';
  if (ts.isTemplateExpression(node)) return 'makes a text';
  if (ts.isBinaryExpression(node)) return reasonAgainstOperator(node);
  if (ts.isNumericLiteral(node)) return reasonAgainstNumber(Number(node.text.replaceAll('_', '')));
  if (ts.isNewExpression(node)) return isView(node) ? null : 'makes an object';
  if (ts.isCallExpression(node))
    return makers.test(node.expression.getText()) ? `calls ${node.expression.getText()}` : null;
  return null;
}

/** `quotient` of whole.ts divides without a remainder, by its very form. */
function reasonAgainstOperator({ operatorToken, left, right }: ts.BinaryExpression): string | null {
  const { kind } = operatorToken;
  if (kind === ts.SyntaxKind.SlashEqualsToken || kind === ts.SyntaxKind.AsteriskAsteriskToken)
    return 'may make a fraction';
  if (kind !== ts.SyntaxKind.SlashToken) return null;
  return left.getText() === '(n - (n % d))' && right.getText() === 'd'
    ? null
    : 'divides; quotient() leaves no fraction';
}

function reasonAgainstNumber(value: number): string | null {
  return Number.isInteger(value) && value < heapNumber ? null : 'has a number that lives on the heap';
}

/** A view of a buffer that is wiped. */
function isView({ arguments: given }: ts.NewExpression): boolean {
  return given?.[0]?.getText() === 'this.#bytes';
}

function nameOf(node: ts.SignatureDeclaration): string {
  return ts.isConstructorDeclaration(node) ? 'constructor' : (node.name?.getText() ?? '');
}
