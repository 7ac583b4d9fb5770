// Compiles the benches into dist/bench, beside the product's own dist/: a bench measures what a user runs, not sources
// under a loader. The packages installed in bench/ are linked there, where Node looks for them.
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/** @throws with the compiler's message when a bench does not compile */
export async function buildBench(root) {
  const { transform } = await import('@swc/core');
  const options = { ...JSON.parse(readFileSync(join(root, '.swcrc'), 'utf8')), swcrc: false, sourceMaps: 'inline' };
  delete options.$schema;
  const source = join(root, 'bench');
  const target = join(root, 'dist/bench');
  rmSync(target, { recursive: true, force: true });
  for (const entry of entriesBelow(source)) {
    const path = join(target, relative(source, entry.path));
    mkdirSync(dirname(path), { recursive: true });
    if (entry.isPackages) symlinkSync(entry.path, path, 'dir');
    else {
      const { code } = await transform(readFileSync(entry.path, 'utf8'), { ...options, filename: entry.path });
      writeFileSync(path.replace(/\.ts$/, '.js'), code);
    }
  }
}

/** Every TypeScript file below `folder`, and every folder of packages, not looked into. */
function entriesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.name === 'node_modules') return [{ path, isPackages: true }];
    if (entry.isDirectory()) return entriesBelow(path);
    return entry.name.endsWith('.ts') ? [{ path, isPackages: false }] : [];
  });
}
