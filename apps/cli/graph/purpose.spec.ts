import { describe, expect, it } from '@jest/globals';
import { purposeIn } from './purpose.js';

describe('the purpose of a module', () => {
  it.each([
    ['the first sentence below the title', '# Billing\n\nTakes money. And\ngives it back.', 'Takes money.'],
    [
      'over several lines',
      '# It\r\n\r\nTakes the money for orders,\r\nand gives\r\nit back. It knows.',
      'Takes the money for orders, and gives it back.',
    ],
    ['without its label', '# Orders\n\n**Purpose.** Takes *orders*. More.', 'Takes orders.'],
    [
      'without Markdown',
      '# It\n\nKeeps **all** `snake_case` and [links](http://x.y/z_a_). So.',
      'Keeps all snake_case and links.',
    ],
    ['right below the title', '# It\nDoes it. Well.', 'Does it.'],
    ['past badges, quotes and tables', '# It\n\n![b](c)\n\n> note\n\n|a|\n\nDoes it.', 'Does it.'],
    [
      'not ended by a point inside',
      'Sells at 2.50 pounds, e.g. tea, from v1.2 on. Yes.',
      'Sells at 2.50 pounds, e.g. tea, from v1.2 on.',
    ],
    ['without a full stop', '# It\n\nDoes it', 'Does it'],
    ['nothing where nothing is said', '# It\n', ''],
  ])('is %s', (_, readme, purpose) => {
    expect(purposeIn(readme)).toBe(purpose);
  });
});
