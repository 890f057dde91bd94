import { detach } from '../../../lexers/stream-text.ts';
import { cutText, regionOfName } from '../kernel-name.ts';
import { type Activity, regionNameOf } from './activities.ts';
import { readString } from './event.ts';
import type { KinetoSeriesFacts, KinetoSlot, KinetoValues } from './series.ts';

/** Characters of a name that are kept beside its region when the region had to be cut. */
const NAME_CHARACTERS = 4096;
/** Names remembered as printed, characters in all; then they are looked up anew. */
const REMEMBERED_CHARACTERS = 8_388_608;

/** What is asked of a slot: metric and unit of an activity's events. */
export type KinetoMeasure = Pick<KinetoSeriesFacts, 'metric' | 'nativeMetric' | 'unit' | 'quality'>;

/** Why there is no slot: `text` the name is no text, `share` the activity has its share of series already. */
export type NoSlot = 'text' | 'share';

type Place = { readonly activity: Activity; readonly device: string; readonly byName: Map<string, KinetoSlot> };

/** Series by activity, device, metric and name. Names are looked up as printed first: that costs no decoding and no hash. */
export class KinetoRegions {
  readonly #values: KinetoValues;
  readonly #places = new Map<string, Place>();
  readonly #slots = new Map<string, KinetoSlot>();
  readonly #counts = new Map<Activity, number>();
  readonly #models: ReadonlyMap<string, string>;
  #remembered = 0;
  /** Whether a name was cut. */
  hasCut = false;

  /** @param models of devices, by id */
  constructor(values: KinetoValues, models: ReadonlyMap<string, string>) {
    this.#values = values;
    this.#models = models;
  }

  /**
   * @param raw the name as printed between quotes
   * @param device empty for what runs on no device
   * @param line of the event, asked only for a new series
   */
  find(activity: Activity, device: string, raw: string, measure: KinetoMeasure, line: () => number): KinetoSlot | NoSlot {
    const key = device === '' ? `${activity.name} ${measure.metric}` : `${activity.name} ${measure.metric} ${device}`;
    let place = this.#places.get(key);
    if (place === undefined) {
      place = { activity, device: detach(device), byName: new Map() };
      // Devices and metrics are few; a damaged trace may name many.
      if (this.#places.size < 1000) this.#places.set(detach(key), place);
    }
    const known = place.byName.get(raw);
    if (known !== undefined) return known;
    const slot = this.#open(place, key, raw, measure, line);
    if (typeof slot !== 'string') this.#remember(place, raw, slot);
    return slot;
  }

  #open(place: Place, key: string, raw: string, measure: KinetoMeasure, line: () => number): KinetoSlot | NoSlot {
    const name = readString(raw);
    if (name === undefined) return 'text';
    const { region, cutFrom } = regionOfName(regionNameOf(name));
    const identity = `${key}\n${region}`;
    const known = this.#slots.get(identity);
    if (known !== undefined) return known;
    const { activity, device } = place;
    const count = this.#counts.get(activity) ?? 0;
    if (count === activity.share) return 'share';
    this.#counts.set(activity, count + 1);
    this.hasCut ||= cutFrom !== undefined;
    const model = this.#models.get(device);
    const slot = this.#values.open({
      ...measure,
      region: detach(region),
      labels: { collector: 'kineto', activity: activity.name, ...(device === '' ? {} : { gpu: device }) },
      attributes: {
        ...(model === undefined ? {} : { model }),
        ...(cutFrom === undefined ? {} : { name: detach(cutText(cutFrom, NAME_CHARACTERS)) }),
      },
      line: line(),
    });
    this.#slots.set(detach(identity), slot);
    return slot;
  }

  #remember(place: Place, raw: string, slot: KinetoSlot): void {
    this.#remembered += raw.length + 64;
    if (this.#remembered > REMEMBERED_CHARACTERS) {
      for (const { byName } of this.#places.values()) byName.clear();
      this.#remembered = raw.length + 64;
    }
    place.byName.set(detach(raw), slot);
  }
}
