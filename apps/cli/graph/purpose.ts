const LABEL = /^\*\*[^*]+\*\*\s*/;
const END = /[.!?](?=\s+[^a-z\s]|\s*$)/;

/** What a README says first: the first sentence of its first paragraph, without Markdown. Empty where there is none. */
export function purposeIn(readme: string): string {
  const paragraphs = readme.replaceAll('\r', '').split(/\n\s*\n/);
  const first =
    paragraphs.map((each) => each.replace(/^#.*$/gm, '').trim()).find((each) => /^[^<|>!-]/.test(each)) ?? '';
  const text = plain(first.replace(LABEL, '').replace(/\s+/g, ' '));
  const end = END.exec(text);
  return end === null ? text : text.slice(0, end.index + 1);
}

function plain(markdown: string): string {
  return markdown
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/(\*\*|__|`)(.+?)\1/g, '$2')
    .replace(/(^|[\s(])([*_])(\S(?:.*?\S)?)\2(?=[\s).,;:!?]|$)/g, '$1$3')
    .trim();
}
