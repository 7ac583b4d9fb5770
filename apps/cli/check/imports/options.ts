import { existsSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { UserError } from '../../user-error.js';

/** How a repository without a tsconfig.json is taken: as one of this layout has it. */
const USUAL: ts.CompilerOptions = {
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  customConditions: ['seamline-src'],
  resolveJsonModule: true,
};

/**
 * The compiler's options below `root`, which say what an import leads to.
 * @throws UserError when its tsconfig.json cannot be read
 */
export function compilerOptions(root: string): ts.CompilerOptions {
  const file = join(root, 'tsconfig.json');
  if (!existsSync(file)) return USUAL;
  const { config, error } = ts.readConfigFile(file, ts.sys.readFile);
  // Which files there are is not asked here, and to find out would take long.
  const host = { ...ts.sys, readDirectory: () => [] };
  const parsed = error ? undefined : ts.parseJsonConfigFileContent(config, host, root, undefined, file);
  const problem = error ?? parsed?.errors.find(({ code }) => code !== NO_INPUTS);
  if (parsed === undefined || problem)
    throw new UserError(
      `${file} cannot be read: ${ts.flattenDiagnosticMessageText(problem?.messageText ?? '', ' ')}`,
      'Correct it; it says where imports lead.',
      2,
    );
  return parsed.options;
}

const NO_INPUTS = 18003;
