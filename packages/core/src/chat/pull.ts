/** What a read brings: at once where it is at hand, as a promise where it has to be waited for. */
export type Pulled<T> = IteratorResult<T> | Promise<IteratorResult<T>>;

/** What can be read without a promise for each piece: what came together is at hand together, and passes several hands. */
export interface Source<T> extends AsyncIterator<T> {
  pull?(): Pulled<T>;
}

/** Reads the next piece. Throws, or rejects, where there is none for want of a proper end. */
export const pull = <T>(source: Source<T>): Pulled<T> => (source.pull === undefined ? source.next() : source.pull());

/** The same as an iterator's `next` must give it. */
export const promised = async <T>(source: Required<Pick<Source<T>, "pull">>): Promise<IteratorResult<T>> =>
  source.pull();
