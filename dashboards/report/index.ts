export { type PrintedGate, renderGateMarkdown, renderGateText } from './gate-text.ts';
export { renderVerdictMarkdown } from './markdown.ts';
export { formatAge, formatCount, formatPercent, formatProbability, formatQuantity } from './quantities.ts';
export { describeCause, sortWorstFirst, suggestNext } from './summary.ts';
export { renderVerdictText, type TextOptions, type VerdictReport } from './text.ts';
export { toMarkdownCell, toMarkdownCode, toMarkdownText, toPlainLine } from './untrusted.ts';
