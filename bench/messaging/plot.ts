import { type Bar, type Panel, plot } from '../harness/plot.js';
import { spreadOf } from '../harness/statistics.js';
import { figuresOf, reached } from './figures.js';
import { measuredIn, measuredText, type Results, ratesOf } from './report.js';

/** Each figure over what was wanted of it, so that all can stand beside one line; below it, the rates themselves. */
export function plotOf(results: Results): string {
  const panels = [figuresPanel(results), ...ratePanels(results)].filter(({ bars }) => bars.length > 0);
  return plot('Messaging, measured', panels);
}

function figuresPanel(results: Results): Panel {
  const bars = figuresOf(measuredIn(results)).flatMap((figure): Bar[] => {
    if (figure.wanted === undefined || figure.values.length === 0) return [];
    const shares = figure.values.map((value) => reached(figure, value) as number);
    const wanted = 'atLeast' in figure.wanted ? `≥ ${figure.wanted.atLeast}` : `≤ ${figure.wanted.atMost}`;
    return [{ label: `${figure.name}, ${wanted}`, note: measuredText(figure), ...spreadOf(shares), isOurs: true }];
  });
  return { title: 'Measured over wanted (for latencies wanted over measured): at 1 it is as wanted', bars, line: 1 };
}

function ratePanels({ scenarios }: Results): Panel[] {
  const titles = {
    publish: 'Publishing: transactions a second, 16 clients',
    drain: 'Draining: messages a second',
  };
  return Object.entries(titles).map(([name, title]) => ({
    title,
    bars: ratesOf(scenarios[name]?.rounds ?? {}).map(({ name: label, values }): Bar => {
      const spread = spreadOf(values);
      return {
        label,
        note: Math.round(spread.median).toLocaleString('en'),
        ...spread,
        isOurs: label.startsWith('Seamline'),
      };
    }),
  }));
}
