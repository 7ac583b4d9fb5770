import type { Files } from '../plan.js';
import { contextFiles } from './module-context.js';
import { documentFiles } from './module-documents.js';
import { domainFiles } from './module-domain.js';
import { edgeFiles } from './module-edge.js';
import { moduleSpecs } from './module-specs.js';
import type { Vocabulary } from './vocabulary.js';

/** A whole module, by the paths of its files below its folder. */
export function moduleFiles(words: Vocabulary): Files {
  return { ...moduleSources(words), ...moduleSpecs(words) };
}

/** The same without its specs. */
export function moduleSources(words: Vocabulary): Files {
  return { ...documentFiles(words), ...contextFiles(words), ...edgeFiles(words), ...domainFiles(words) };
}
