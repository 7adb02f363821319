import { globSync } from 'node:fs';
import { join } from 'node:path';
import { cruise, type ICruiseResult, type IForbiddenRuleType } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { importRules } from './import-table.ts';

/** A break of the import table. */
export interface ImportBreak {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
  readonly advice: string;
}

export interface ImportReport {
  readonly breaks: ImportBreak[];
  /** Source files of ours that were read. */
  readonly files: number;
  /** Source files that exist and were not read: the rules say nothing about them. */
  readonly unread: string[];
}

const folders = ['src', 'recipes', 'hsm', 'firmware-bridge', 'tests'];
const sources = `{${folders.join(',')}}/**/*.{ts,tsx,mjs}`;

/** Reads every source file below `root` and holds its imports against the table. */
export async function checkImports(root: string): Promise<ImportReport> {
  const files = globSync(sources, { cwd: root, exclude: ['**/node_modules/**', '**/dist/**'] }).filter(
    (path) => !path.endsWith('.d.ts'),
  );
  const output = await cruiseAll(root, files);
  const read = new Set(output.modules.map((module) => module.source));
  return {
    files: files.filter((path) => read.has(path)).length,
    unread: files.filter((path) => !read.has(path)),
    breaks: output.summary.violations.map((found) => ({
      rule: found.rule.name,
      from: found.from,
      to: found.type === 'cycle' || found.type === 'reachability' ? route(found) : found.to,
      advice: adviceOf(found.rule.name),
    })),
  };
}

async function cruiseAll(root: string, files: string[]): Promise<ICruiseResult> {
  const { output } = await cruise(
    files,
    {
      baseDir: root,
      validate: true,
      ruleSet: { forbidden: importRules },
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
      exclude: { path: '^src/screen/dist/' },
      enhancedResolveOptions: {
        extensions: ['.ts', '.tsx', '.mjs', '.js', '.json'],
        exportsFields: ['exports'],
        conditionNames: ['import', 'require', 'node', 'default', 'types'],
      },
    },
    {},
    { tsConfig: extractTSConfig(join(root, 'tsconfig.json')) },
  );
  if (typeof output === 'string') throw new TypeError('dependency-cruiser answered text');
  return output;
}

function route(found: { via?: { name: string }[]; cycle?: { name: string }[]; to: string }): string {
  const steps = found.cycle ?? found.via ?? [];
  return steps.length > 0 ? steps.map((step) => step.name).join(' → ') : found.to;
}

function adviceOf(name: string): string {
  return importRules.find((rule: IForbiddenRuleType) => rule.name === name)?.comment ?? '';
}
