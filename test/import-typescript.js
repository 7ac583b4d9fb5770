import { readFileSync } from 'node:fs';
import { enableCompileCache, registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transformSync } from '@swc/core';

const options = JSON.parse(readFileSync(new URL('../.swcrc', import.meta.url), 'utf8'));
delete options.$schema;

/** Lets this process import TypeScript: Jest transforms the tests, but not what runs before and after all of them. */
export function importTypeScript() {
  enableCompileCache(fileURLToPath(new URL('../.cache/compile', import.meta.url)));
  registerHooks({ resolve, load });
}

function resolve(specifier, context, next) {
  const isOfSource = specifier.startsWith('.') && context.parentURL?.endsWith('.ts');
  return next(isOfSource ? specifier.replace(/\.js$/, '.ts') : specifier, context);
}

function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const filename = fileURLToPath(url);
  const { code } = transformSync(readFileSync(filename, 'utf8'), {
    ...options,
    swcrc: false,
    filename,
    sourceMaps: false,
  });
  return { format: 'module', source: code, shortCircuit: true };
}
