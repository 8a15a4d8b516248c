import {
  AbstractIterator,
  type AbstractIteratorOptions,
  AbstractKeyIterator,
  AbstractValueIterator,
} from "abstract-level";
import type { Cursor } from "../../engine/cursor.ts";
import { decoderFor, type Format, type Formats, ownBytes } from "./encoding.ts";
import { boundsOf, type EncodedBounds } from "./range.ts";
import { type Moment, RangeReader } from "./range-reader.ts";

/** What abstract-level tells a private method about the iterator to be made. */
export type IteratorRequest = EncodedBounds &
  Formats & {
    readonly reverse: boolean;
    readonly keys?: boolean;
    readonly values?: boolean;
    readonly signal?: AbortSignal | undefined;
    readonly highWaterMarkBytes?: number | undefined;
  };

/** The database, transaction or sublevel that an iterator belongs to; abstract-level asks it for encodings. */
export type IteratorOwner = object;

type Entry = [key: Format | undefined, value: Format | undefined];

export class EntryIterator extends AbstractIterator<IteratorOwner, Format, Format> {
  readonly #reader: RangeReader<Entry>;

  constructor(owner: IteratorOwner, moment: Moment, request: IteratorRequest) {
    super(owner, request as AbstractIteratorOptions<Format, Format>);
    this.#reader = entryReader(moment, request);
  }

  _next(): Entry | undefined | Promise<Entry | undefined> {
    return this.#reader.next();
  }

  _nextv(size: number): Promise<Entry[]> {
    return this.#reader.some(size);
  }

  _all(): Promise<Entry[]> {
    return this.#reader.all(this.limit - this.count);
  }

  _seek(target: Format): void {
    this.#reader.seek(ownBytes(target));
  }

  async _close(): Promise<void> {
    this.#reader.close();
  }
}

export class KeyIterator extends AbstractKeyIterator<IteratorOwner, Format> {
  readonly #reader: RangeReader<Format>;

  constructor(owner: IteratorOwner, moment: Moment, request: IteratorRequest) {
    super(owner, request as AbstractIteratorOptions<Format, Format>);
    this.#reader = keyReader(moment, request);
  }

  _next(): Format | undefined | Promise<Format | undefined> {
    return this.#reader.next();
  }

  _nextv(size: number): Promise<Format[]> {
    return this.#reader.some(size);
  }

  _all(): Promise<Format[]> {
    return this.#reader.all(this.limit - this.count);
  }

  _seek(target: Format): void {
    this.#reader.seek(ownBytes(target));
  }

  async _close(): Promise<void> {
    this.#reader.close();
  }
}

export class ValueIterator extends AbstractValueIterator<IteratorOwner, Format, Format> {
  readonly #reader: RangeReader<Format>;

  constructor(owner: IteratorOwner, moment: Moment, request: IteratorRequest) {
    super(owner, request as AbstractIteratorOptions<Format, Format>);
    this.#reader = valueReader(moment, request);
  }

  _next(): Format | undefined | Promise<Format | undefined> {
    return this.#reader.next();
  }

  _nextv(size: number): Promise<Format[]> {
    return this.#reader.some(size);
  }

  _all(): Promise<Format[]> {
    return this.#reader.all(this.limit - this.count);
  }

  _seek(target: Format): void {
    this.#reader.seek(ownBytes(target));
  }

  async _close(): Promise<void> {
    this.#reader.close();
  }
}

function entryReader(moment: Moment, request: IteratorRequest): RangeReader<Entry> {
  if (request.values === false) {
    const keyAt = keyMaker(request);
    return readerOf(moment, request, (cursor): Entry => [keyAt(cursor), undefined]);
  }
  const valueAt = valueMaker(request);
  if (request.keys === false) return readerOf(moment, request, (cursor): Entry => [undefined, valueAt(cursor)]);
  const keyAt = keyMaker(request);
  return readerOf(moment, request, (cursor): Entry => [keyAt(cursor), valueAt(cursor)]);
}

export function keyReader(moment: Moment, request: IteratorRequest): RangeReader<Format> {
  return readerOf(moment, request, keyMaker(request));
}

function valueReader(moment: Moment, request: IteratorRequest): RangeReader<Format> {
  return readerOf(moment, request, valueMaker(request));
}

function readerOf<Item>(moment: Moment, request: IteratorRequest, itemAt: (cursor: Cursor) => Item): RangeReader<Item> {
  const { reverse, signal, highWaterMarkBytes = Number.POSITIVE_INFINITY } = request;
  return new RangeReader(moment, { ...boundsOf(request), reverse }, itemAt, {
    signal: signal ?? undefined,
    bytesMax: highWaterMarkBytes,
  });
}

function keyMaker({ keyEncoding }: Formats): (cursor: Cursor) => Format {
  const decoder = decoderFor(keyEncoding);
  return (cursor) => decoder.decode(cursor.keyBuffer, cursor.keyStart, cursor.keyEnd);
}

function valueMaker({ valueEncoding }: Formats): (cursor: Cursor) => Format {
  const decoder = decoderFor(valueEncoding);
  return (cursor) => decoder.decode(cursor.valueBuffer, cursor.valueStart, cursor.valueEnd);
}
