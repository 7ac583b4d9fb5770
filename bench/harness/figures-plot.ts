import { type Figure, reached } from './figures.js';
import { type Bar, type Panel, plot } from './plot.js';
import { measuredText, type Results, ratesOf } from './report.js';
import { spreadOf } from './statistics.js';

/** Each figure over what was wanted of it, so that all can stand beside one line; below it, more panels. */
export function plotOf(title: string, figures: readonly Figure[], more: readonly Panel[]): string {
  return plot(
    title,
    [figuresPanel(figures), ...more].filter(({ bars }) => bars.length > 0),
  );
}

function figuresPanel(figures: readonly Figure[]): Panel {
  const bars = figures.flatMap((figure): Bar[] => {
    if (figure.wanted === undefined || figure.values.length === 0) return [];
    const shares = figure.values.map((value) => reached(figure, value) as number);
    const wanted = 'atLeast' in figure.wanted ? `≥ ${figure.wanted.atLeast}` : `≤ ${figure.wanted.atMost}`;
    return [{ label: `${figure.name}, ${wanted}`, note: measuredText(figure), ...spreadOf(shares), isOurs: true }];
  });
  return { title: 'Measured over wanted (for latencies wanted over measured): at 1 it is as wanted', bars, line: 1 };
}

/** The rates of every candidate of a scenario. */
export function ratePanel(title: string, { scenarios }: Results, scenario: string): Panel {
  return {
    title,
    bars: ratesOf(scenarios[scenario]?.rounds ?? {}).map(({ name: label, values }): Bar => {
      const spread = spreadOf(values);
      return {
        label,
        note: Math.round(spread.median).toLocaleString('en'),
        ...spread,
        isOurs: label.startsWith('Seamline'),
      };
    }),
  };
}
