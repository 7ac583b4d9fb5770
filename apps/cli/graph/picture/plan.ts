import type { Curves, Point } from './curves.js';

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** By its upper left corner. */
export interface Area extends Point, Size {}

/** What is to be placed; boxes and groups are named by their index. */
export interface Plan {
  readonly boxes: readonly (Size & { readonly group: number | undefined })[];
  /** By the size of their titles. */
  readonly groups: readonly Size[];
  readonly links: readonly Link[];
}

/** From left to right, as far as links do not contradict each other. */
export interface Link {
  readonly tail: number;
  readonly head: number;
  /** What it leads through; undefined where its label needs no room of its own. */
  readonly label: Size | undefined;
}

export interface Layout extends Size {
  readonly boxes: readonly Area[];
  readonly groups: readonly Area[];
  /** Of each link its parts from tail to head as cubic Bézier curves, and the middle of its label. */
  readonly links: readonly { readonly parts: readonly Curves[]; readonly label: Point }[];
}
