// Loaded into a candidate's process before its program: writes down how much memory it took at most.
import { writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const file = process.env.PEAK_MEMORY_FILE;
// A program may start itself again; the largest of its processes counts.
if (file && isMainThread)
  process.on('exit', () => {
    writeFileSync(`${file}.${process.pid}`, String(process.resourceUsage().maxRSS / 1024));
  });
