/**
 * Text that came from outside (region names, labels, subjects, error texts) on its way into a terminal or a pull request. Nothing is
 * dropped: what could act is shown instead.
 */

// Control characters (which start ANSI escapes), invisible formatters (direction overrides, zero width, tags), halves of surrogate pairs,
// and the two separators that some programs take for line ends.
const ACTING = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const SHOWN: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * One line of plain text, control and invisible characters shown as `\n` or `\u{1b}`.
 * @param limit longest result in code points, ≥ 1; longer text is cut and ends in …
 * @example toPlainLine('a\u001b[31m\nb') // 'a\\u{1b}[31m\\nb'
 */
export function toPlainLine(text: string, limit = 200): string {
  // Cut before and after: escaping a very long text would cost for nothing, and escaping makes it longer.
  const shown = text
    .slice(0, limit * 2 + 2)
    .replace(ACTING, (character) => SHOWN[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
  const points = [...shown];
  return points.length > limit ? `${points.slice(0, limit - 1).join('')}…` : shown;
}

/**
 * An identifier as a Markdown code span: no mention, link, tag or emphasis works in it. In a table use toMarkdownCell.
 * @example toMarkdownCode('a`b') // '`` a`b ``'
 */
export function toMarkdownCode(text: string, limit = 80): string {
  return fence(toPlainLine(text, limit));
}

/**
 * An identifier as a Markdown code span in a table cell, pipes escaped.
 * @example toMarkdownCell('a|b') // '`a\\|b`'
 */
export function toMarkdownCell(text: string, limit = 80): string {
  // Table parsers disagree on a backslash before a pipe, so that one is shown by number.
  return fence(
    toPlainLine(text, limit)
      .replace(/\\(?=\|)/g, '\\u{5c}')
      .replaceAll('|', '\\|'),
  );
}

function fence(line: string): string {
  if (line.trim() === '') return '` `';
  const longest = Math.max(0, ...(line.match(/`+/g) ?? []).map((run) => run.length));
  const ticks = '`'.repeat(longest + 1);
  const pad = longest > 0 || line.startsWith(' ') || line.endsWith(' ') ? ' ' : '';
  return `${ticks}${pad}${line}${pad}${ticks}`;
}

/**
 * A sentence for the middle of a Markdown line: markup is escaped, and mentions, issue numbers and addresses are cut so that no forge turns
 * them into notifications or links.
 * @example toMarkdownText('<b> @all #1') // '&lt;b&gt; @<!-- -->all #<!-- -->1'
 */
export function toMarkdownText(text: string, limit = 600): string {
  return toPlainLine(text, limit)
    .replace(/[\\`*_[\]|~$]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[@#]|:(?=\/\/)|\bwww(?=\.)/gi, '$&<!-- -->');
}

/** A Markdown link when the address is a plain http(s) address or a path on this host, else the address as text. */
export function toMarkdownLink(label: string, address: string): string {
  const plain =
    /^(?:https?:\/\/[^\s()<>"\\|`]+|\/(?!\/)[^\s()<>"\\|`]*)$/.test(address) && toPlainLine(address, address.length * 2) === address;
  return plain ? `[${toMarkdownText(label)}](${address})` : `${toMarkdownText(label)}: ${toMarkdownCode(address, 200)}`;
}
