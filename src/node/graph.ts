import { DefaultDeserializer, DefaultSerializer } from 'node:v8';
import { notData } from '../checkpoint/checkpoint-copy.ts';
import type { Checkpoint } from '../checkpoint/contents.ts';
import { checkAssets } from '../data/asset-copy.ts';
import { type Bytes, bytesOf, type Place, sharedPlaces, viewOf } from '../data/bytes.ts';

// The payload is V8's own serialization (`node:v8`): it comes with Node, keeps NaN, the infinities and -0, which JSON
// does not, and typed arrays without base64; every later Node reads it. The bytes of the typed arrays stand behind the
// graph and not in it: so they are copied once, into a buffer that is used again, which makes encoding ten times faster.

/** The position of a name is what the file says: new ones go to the end. */
const viewTypes = [
  'Buffer',
  'Uint8Array',
  'Uint8ClampedArray',
  'Int8Array',
  'Uint16Array',
  'Int16Array',
  'Uint32Array',
  'Int32Array',
  'BigUint64Array',
  'BigInt64Array',
  'Float32Array',
  'Float64Array',
  'DataView',
  'Float16Array',
];

/** In the place of a name: a view that shares bytes with others, and is told by its name, its place and the buffer. */
const inBuffer = 255;

/** @throws LoopError `NOT_PLAIN_DATA` for what cannot be kept */
export function serialize(checkpoint: Checkpoint): { graph: Buffer; views: Uint8Array[] } {
  checkAssets(checkpoint.assets);
  const writer = new ViewWriter(sharedPlaces(checkpoint.assets));
  try {
    writer.writeHeader();
    writer.writeValue(checkpoint);
  } catch (cause) {
    throw notData(cause);
  }
  return { graph: writer.releaseBuffer(), views: writer.views };
}

/** The inverse of {@link serialize}. @throws Error for what this Node cannot read */
export function deserialize(graph: Buffer, views: Buffer): Checkpoint {
  const reader = new ViewReader(graph, views);
  reader.readHeader();
  return reader.readValue() as Checkpoint;
}

/** Writes typed arrays as type and length, and lists their bytes. Those that share bytes refer to one buffer in the graph. */
class ViewWriter extends DefaultSerializer {
  readonly views: Uint8Array[] = [];
  readonly #shared: ReadonlyMap<Bytes, Place>;

  constructor(shared: ReadonlyMap<Bytes, Place>) {
    super();
    this.#shared = shared;
  }

  _writeHostObject(view: NodeJS.ArrayBufferView): void {
    const name = Buffer.isBuffer(view) ? 'Buffer' : view[Symbol.toStringTag];
    const type = ArrayBuffer.isView(view) ? viewTypes.indexOf(name) : -1;
    if (type < 0) throw new TypeError(`${name ?? 'An object of the system'} could not be cloned.`);
    const place = this.#shared.get(view);
    if (place === undefined) {
      this.writeUint32(type);
      this.writeUint32(view.byteLength);
      this.views.push(bytesOf(view));
    } else {
      for (const number of [inBuffer, type, place.from, view.byteLength]) this.writeUint32(number);
      this.writeValue(place.buffer);
    }
  }
}

/** Gives each typed array a buffer of its own: transferring one must not take others along that it shares no byte with. */
class ViewReader extends DefaultDeserializer {
  readonly #bytes: Buffer;
  #read = 0;

  constructor(graph: Buffer, bytes: Buffer) {
    super(graph);
    this.#bytes = bytes;
  }

  _readHostObject(): NodeJS.ArrayBufferView {
    const type = this.readUint32();
    if (type === inBuffer) {
      const name = nameOf(this.readUint32());
      const [from, length] = [this.readUint32(), this.readUint32()];
      return viewOf(name, this.readValue() as ArrayBuffer, from, length) as NodeJS.ArrayBufferView;
    }
    const name = nameOf(type);
    const length = this.readUint32();
    const { buffer } = new Uint8Array(this.#bytes.subarray(this.#read, this.#read + length));
    this.#read += length;
    return viewOf(name, buffer) as NodeJS.ArrayBufferView;
  }
}

function nameOf(type: number): string {
  const name = viewTypes[type];
  if (name === undefined) throw new TypeError('A view of an unknown type.');
  if (!(name in globalThis)) throw new TypeError(`This version of Node has no ${name}.`);
  return name;
}
