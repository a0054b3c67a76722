import type { Attributes, HistogramPoints, Points } from '@nfscope/model';

/** A set to the object that stands for all that say the same. */
export type Change = (set: Attributes) => Attributes;

/** Points of one metric, with bounds if it is a histogram. */
export type PointSet = Points & Partial<Pick<HistogramPoints, 'bounds'>>;

/** Points that come out. */
interface Output {
  readonly points: Points;
  /** None, though there were some, where the points that become one had others. */
  readonly bounds: readonly number[];
}

/** What the points of a metric are called behind the processor. */
export interface Naming {
  /** Whether some became one; else there is one output for each set, with its points in their order. */
  readonly isJoined: boolean;
  readonly outputs: readonly Output[];
  /** By set and point: the output, and the point there. */
  readonly output: readonly Int32Array[];
  readonly point: readonly Int32Array[];
}

const noBounds: readonly number[] = Object.freeze([]);

const areEqual = (one: readonly number[], other: readonly number[]): boolean =>
  one === other || (one.length === other.length && one.every((bound, i) => bound === other[i]));

/** `resources`: by index before, the index behind. */
const nameSets = (sets: readonly PointSet[], resources: Uint32Array, change: Change): Naming => {
  const byResource = new Map<number, Map<Attributes, number>>();
  const resource: number[] = [];
  const attributes: Attributes[] = [];
  const startMs: number[] = [];
  const boundsOf: (readonly number[])[] = [];

  const placeOf = sets.map((points) => {
    const { bounds = noBounds } = points;
    const places = new Int32Array(points.length);
    for (let i = 0; i < points.length; i++) {
      const index = resources[points.resource[i]!]!;
      const set = change(points.attributes[i]!);
      let known = byResource.get(index);
      if (known === undefined) byResource.set(index, (known = new Map()));
      let place = known.get(set);
      if (place === undefined) {
        known.set(set, (place = attributes.push(set) - 1));
        resource.push(index);
        startMs.push(points.startMs[i]!);
        boundsOf.push(bounds);
      }
      // What one of them counted earlier the sum counts too.
      startMs[place] = Math.min(startMs[place]!, points.startMs[i]!);
      if (!areEqual(boundsOf[place]!, bounds)) boundsOf[place] = noBounds;
      places[i] = place;
    }
    return places;
  });

  const isJoined = attributes.length < sets.reduce((sum, { length }) => sum + length, 0);
  const groups = isJoined ? grouped(boundsOf) : placeOf.map((places) => [...places]);
  const output = new Int32Array(attributes.length);
  const point = new Int32Array(attributes.length);
  for (const [group, places] of groups.entries()) for (const [at, place] of places.entries()) [output[place], point[place]] = [group, at];
  return {
    isJoined,
    outputs: groups.map((places, group) => ({
      points: {
        length: places.length,
        resource: Uint32Array.from(places, (place) => resource[place]!),
        attributes: places.map((place) => attributes[place]!),
        startMs: Float64Array.from(places, (place) => startMs[place]!),
      },
      bounds: isJoined ? boundsOf[places[0]!]! : (sets[group]!.bounds ?? noBounds),
    })),
    output: placeOf.map((places) => places.map((place) => output[place]!)),
    point: placeOf.map((places) => places.map((place) => point[place]!)),
  };
};

/** Places whose bounds are the same. */
const grouped = (boundsOf: readonly (readonly number[])[]): number[][] => {
  const groups = new Map<string, number[]>();
  for (const [place, bounds] of boundsOf.entries()) {
    const key = bounds.join();
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [place]);
    else group.push(place);
  }
  return [...groups.values()];
};

/**
 * The same, looked up where nothing changed but values: a connector hands on the same columns of names until a series comes
 * or goes. Of 10,000 series in 8 metrics it is the most of the work.
 */
export const knownNames = (change: Change): ((sets: readonly PointSet[], resources: Uint32Array) => Naming) => {
  const known = new WeakMap<readonly Attributes[], { sets: readonly PointSet[]; resources: Uint32Array; naming: Naming }>();
  return (sets, resources) => {
    const [first] = sets;
    const before = first && known.get(first.attributes);
    const isSame = (one: PointSet, i: number): boolean => {
      const other = before!.sets[i]!;
      return (['attributes', 'resource', 'startMs', 'bounds'] as const).every((column) => one[column] === other[column]);
    };
    if (before?.resources === resources && before.sets.length === sets.length && sets.every(isSame)) return before.naming;
    const naming = nameSets(sets, resources, change);
    if (first !== undefined) known.set(first.attributes, { sets, resources, naming });
    return naming;
  };
};
