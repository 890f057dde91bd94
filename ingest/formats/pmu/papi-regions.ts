import { ParseError } from '../../format.ts';
import type { JsonObject } from '../../lexers/json.ts';
import type { JsonTree } from '../../lexers/json-tree.ts';

/** One call of a region, with the names that lead to it. */
export type PapiRegion = { readonly path: string; readonly members: JsonObject; readonly line: number };

/** Regions of real programs nest a few levels; more is a loop of parents. */
const DEPTH_LIMIT = 64;

/**
 * The calls of a thread in the order printed, each with its path `outer/inner`.
 * @throws ParseError when a region has no name, or its parents are missing or run in a circle
 */
export function nameRegions(regions: JsonObject, tree: JsonTree): readonly PapiRegion[] {
  return [...regions].map(([id, members]) => {
    const line = members instanceof Map ? tree.lineOf(members) : 1;
    if (!(members instanceof Map))
      throw new ParseError(`region ${id.slice(0, 40)} is not an object`, { line: tree.lineOf(regions), column: 1 });
    const names: string[] = [];
    let at: JsonObject = members;
    for (;;) {
      const name = at.get('name');
      const parentId = at.get('parent_region_id');
      if (typeof name !== 'string' || name === '') throw new ParseError(`region ${id.slice(0, 40)} has no name`, { line, column: 1 });
      names.unshift(name);
      if (parentId === '-1' || parentId === undefined) return { path: names.join('/'), members, line };
      const parent = typeof parentId === 'string' ? regions.get(parentId) : undefined;
      if (!(parent instanceof Map))
        throw new ParseError(`the parent of region ${id.slice(0, 40)} is not in the file: was it cut off?`, { line, column: 1 });
      if (names.length > DEPTH_LIMIT)
        throw new ParseError(`region ${id.slice(0, 40)} is nested more than ${DEPTH_LIMIT} levels deep`, { line, column: 1 });
      at = parent;
    }
  });
}
