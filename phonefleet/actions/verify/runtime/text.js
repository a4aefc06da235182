// Bytes and text: UTF-8, base64, hex, and the global classes made of them.
function utf8(text) {
  const out = [];
  for (let i = 0; i < text.length; i++) {
    let c = text.charCodeAt(i);
    if (c < 0x80) { out.push(c); continue; }
    if (c >= 0xd800 && c < 0xe000) {
      const low = text.charCodeAt(i + 1);
      if (c < 0xdc00 && low >= 0xdc00 && low < 0xe000) { c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00); i++; } else c = 0xfffd;
    }
    if (c < 0x800) out.push(0xc0 | c >> 6, 0x80 | c & 63);
    else if (c < 0x10000) out.push(0xe0 | c >> 12, 0x80 | c >> 6 & 63, 0x80 | c & 63);
    else out.push(0xf0 | c >> 18, 0x80 | c >> 12 & 63, 0x80 | c >> 6 & 63, 0x80 | c & 63);
  }
  return new Uint8Array(out);
}
function fromUtf8(bytes, fatal) {
  let out = "";
  for (let i = 0; i < bytes.length;) {
    const first = bytes[i++];
    if (first < 0x80) { out += String.fromCharCode(first); continue; }
    const extra = first >= 0xf0 && first < 0xf5 ? 3 : first >= 0xe0 ? 2 : first >= 0xc2 ? 1 : 0;
    let point = first & (0x3f >> extra), good = extra > 0 && first < 0xf5;
    for (let k = 0; good && k < extra; k++) {
      if ((bytes[i] & 0xc0) !== 0x80) good = false; else point = point << 6 | bytes[i++] & 63;
    }
    if (!good && fatal) throw new TypeError("The encoded data was not valid for encoding utf-8");
    out += good ? String.fromCodePoint(point) : "\ufffd";
  }
  return out;
}
function bytesOf(value) {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return new Uint8Array(value);
}
const B64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
function base64(bytes) {
  let out = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const n = bytes[i] << 16 | (bytes[i + 1] || 0) << 8 | (bytes[i + 2] || 0);
    out += B64[n >> 18] + B64[n >> 12 & 63] + (i + 1 < bytes.length ? B64[n >> 6 & 63] : "=") + (i + 2 < bytes.length ? B64[n & 63] : "=");
  }
  return out;
}
const base64url = (bytes) => base64(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
function fromBase64(text) {
  const out = [];
  let bits = 0, held = 0;
  for (const ch of text) {
    if (ch === "=") break;
    const v = B64.indexOf(ch === "-" ? "+" : ch === "_" ? "/" : ch);
    if (v < 0) continue;
    held = (held << 6 | v) & 0xffffff; bits += 6;
    if (bits >= 8) { bits -= 8; out.push(held >> bits & 255); }
  }
  return new Uint8Array(out);
}
const latin1 = (text) => Uint8Array.from(text, (c) => c.charCodeAt(0) & 255);
const fromLatin1 = (bytes) => { let out = ""; for (const b of bytes) out += String.fromCharCode(b); return out; };
const hex = (bytes) => { let out = ""; for (const b of bytes) out += (b < 16 ? "0" : "") + b.toString(16); return out; };
function fromHex(text) {
  const out = [];
  for (let i = 0; i + 1 < text.length; i += 2) {
    const b = parseInt(text.slice(i, i + 2), 16);
    if (b !== b) break;
    out.push(b);
  }
  return new Uint8Array(out);
}
function encodeText(text, encoding = "utf8") {
  switch (String(encoding).toLowerCase()) {
    case "utf8": case "utf-8": return utf8(text);
    case "hex": return fromHex(text);
    case "base64": case "base64url": return fromBase64(text);
    case "latin1": case "binary": case "ascii": return latin1(text);
    case "utf16le": case "ucs2": case "utf-16le": case "ucs-2": {
      const out = new Uint8Array(text.length * 2);
      for (let i = 0; i < text.length; i++) { out[2 * i] = text.charCodeAt(i) & 255; out[2 * i + 1] = text.charCodeAt(i) >> 8; }
      return out;
    }
    default: throw Object.assign(new TypeError("Unknown encoding: " + encoding), { code: "ERR_UNKNOWN_ENCODING" });
  }
}
function decodeText(bytes, encoding = "utf8") {
  switch (String(encoding).toLowerCase()) {
    case "utf8": case "utf-8": return fromUtf8(bytes);
    case "hex": return hex(bytes);
    case "base64": return base64(bytes);
    case "base64url": return base64url(bytes);
    case "latin1": case "binary": return fromLatin1(bytes);
    case "ascii": return fromLatin1(bytes.map((b) => b & 127));
    case "utf16le": case "ucs2": case "utf-16le": case "ucs-2": {
      let out = "";
      for (let i = 0; i + 1 < bytes.length; i += 2) out += String.fromCharCode(bytes[i] | bytes[i + 1] << 8);
      return out;
    }
    default: throw Object.assign(new TypeError("Unknown encoding: " + encoding), { code: "ERR_UNKNOWN_ENCODING" });
  }
}

const MAX_BUFFER_BYTES = 64 * 1024 * 1024;
class Buffer extends Uint8Array {
  static from(value, encodingOrOffset, length) {
    if (typeof value === "string") return Buffer.wrap(encodeText(value, encodingOrOffset));
    if (value instanceof ArrayBuffer) return Buffer.wrap(new Uint8Array(value, encodingOrOffset, length));
    if (value && value.type === "Buffer" && isArray(value.data)) return Buffer.wrap(Uint8Array.from(value.data));
    if (value !== null && typeof value === "object" && (ArrayBuffer.isView(value) || typeof value.length === "number")) return Buffer.wrap(Uint8Array.from(value));
    if (value !== null && typeof value === "object" && typeof value.valueOf() === "string") return Buffer.from(value.valueOf(), encodingOrOffset);
    throw Object.assign(new TypeError("The first argument must be of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object."), { code: "ERR_INVALID_ARG_TYPE" });
  }
  static wrap(bytes) { return new Buffer(bytes.buffer, bytes.byteOffset, bytes.byteLength); }
  static alloc(size, fill, encoding) {
    const made = Buffer.allocUnsafe(size);
    if (fill !== undefined) made.fill(fill, 0, size, encoding);
    return made;
  }
  static allocUnsafe(size) {
    // Buffers lie outside the heap that the engine bounds, and filling gigabytes of them takes seconds.
    if (run && size > 0 && (run.bytes += size) > MAX_BUFFER_BYTES) halt("more than 64 MiB of buffers");
    return new Buffer(size);
  }
  static isBuffer(value) { return value instanceof Buffer; }
  static isEncoding(name) { try { decodeText(new Uint8Array(0), name); return true; } catch { return false; } }
  static byteLength(value, encoding) { return typeof value === "string" ? encodeText(value, encoding).length : value.byteLength; }
  static concat(list, total) {
    const size = total === undefined ? list.reduce((n, b) => n + b.length, 0) : total;
    const out = new Buffer(size);
    let at = 0;
    for (const part of list) { if (at >= size) break; out.set(part.subarray(0, size - at), at); at += part.length; }
    return out;
  }
  static compare(a, b) {
    for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i] < b[i] ? -1 : 1;
    return Math.sign(a.length - b.length);
  }
  toString(encoding, start = 0, end = this.length) { return decodeText(new Uint8Array(this.buffer, this.byteOffset, this.byteLength).subarray(start, end), encoding); }
  toJSON() { return { type: "Buffer", data: [...this] }; }
  equals(other) { return Buffer.compare(this, other) === 0; }
  compare(other) { return Buffer.compare(this, other); }
  slice(start, end) { return Buffer.wrap(new Uint8Array(this.buffer, this.byteOffset, this.byteLength).subarray(start, end)); }
  subarray(start, end) { return this.slice(start, end); }
  write(text, offset = 0, ...rest) {
    const encoding = typeof rest[rest.length - 1] === "string" ? rest[rest.length - 1] : "utf8";
    const bytes = encodeText(text, encoding).subarray(0, this.length - offset);
    this.set(bytes, offset);
    return bytes.length;
  }
  copy(target, at = 0, start = 0, end = this.length) {
    const part = this.slice(start, end).slice(0, target.length - at);
    target.set(part, at);
    return part.length;
  }
  fill(value, start = 0, end = this.length, encoding = "utf8") {
    if (typeof value !== "string") return super.fill(value, start, end);
    const bytes = encodeText(value, encoding);
    for (let i = start; i < end; i++) this[i] = bytes.length ? bytes[(i - start) % bytes.length] : 0;
    return this;
  }
  includes(value, from) { return this.indexOf(value, from) >= 0; }
  indexOf(value, from = 0) {
    if (typeof value === "number") return super.indexOf(value, from);
    return fromLatin1(this).indexOf(fromLatin1(typeof value === "string" ? utf8(value) : value), from);
  }
  lastIndexOf(value, ...from) {
    if (typeof value === "number") return super.lastIndexOf(value, ...from);
    return fromLatin1(this).lastIndexOf(fromLatin1(typeof value === "string" ? utf8(value) : value), ...from);
  }
  readUIntBE(at, size) { let out = 0; for (let i = 0; i < size; i++) out = out * 256 + viewOf(this).getUint8(at + i); return out; }
  readUIntLE(at, size) { let out = 0; for (let i = size - 1; i >= 0; i--) out = out * 256 + viewOf(this).getUint8(at + i); return out; }
  readIntBE(at, size) { const out = this.readUIntBE(at, size); return out >= 2 ** (8 * size - 1) ? out - 2 ** (8 * size) : out; }
  readIntLE(at, size) { const out = this.readUIntLE(at, size); return out >= 2 ** (8 * size - 1) ? out - 2 ** (8 * size) : out; }
  writeUIntBE(value, at, size) { for (let i = 0; i < size; i++) viewOf(this).setUint8(at + i, floor(value / 256 ** (size - 1 - i))); return at + size; }
  writeUIntLE(value, at, size) { for (let i = 0; i < size; i++) viewOf(this).setUint8(at + i, floor(value / 256 ** i)); return at + size; }
  writeIntBE(value, at, size) { return this.writeUIntBE(value, at, size); }
  writeIntLE(value, at, size) { return this.writeUIntLE(value, at, size); }
  swap16() { return swapped(this, 2); }
  swap32() { return swapped(this, 4); }
  swap64() { return swapped(this, 8); }
}
const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
function swapped(bytes, size) {
  if (bytes.length % size) throw Object.assign(new RangeError(`Buffer size must be a multiple of ${8 * size}-bits`), { code: "ERR_INVALID_BUFFER_SIZE" });
  for (let i = 0; i < bytes.length; i += size) Uint8Array.prototype.reverse.call(new Uint8Array(bytes.buffer, bytes.byteOffset + i, size));
  return bytes;
}
const putMethod = (made, name, value) => defineProperty(made, name, { value, writable: true, configurable: true });
for (const [name, kind, size] of [["UInt8", "Uint8", 1], ["Int8", "Int8", 1], ["UInt16", "Uint16", 2], ["Int16", "Int16", 2], ["UInt32", "Uint32", 4], ["Int32", "Int32", 4], ["Float", "Float32", 4], ["Double", "Float64", 8], ["BigInt64", "BigInt64", 8], ["BigUInt64", "BigUint64", 8]]) {
  for (const order of size > 1 ? ["LE", "BE"] : [""]) {
    const little = order === "LE";
    for (const each of [name, name.replace("UInt", "Uint")]) {
      putMethod(Buffer.prototype, `read${each}${order}`, function (at = 0) { return viewOf(this)["get" + kind](at, little); });
      putMethod(Buffer.prototype, `write${each}${order}`, function (value, at = 0) { viewOf(this)["set" + kind](at, value, little); return at + size; });
    }
  }
}
for (const name of ["readUIntBE", "readUIntLE", "writeUIntBE", "writeUIntLE"]) putMethod(Buffer.prototype, name.replace("UInt", "Uint"), Buffer.prototype[name]);
// What remains of Node's methods has no model, and says so instead of being undefined.
for (const name of ["ascii", "base64", "base64url", "latin1", "hex", "ucs2", "utf8"]) {
  for (const what of ["Slice", "Write"]) putMethod(Buffer.prototype, name + what, function () { return unsupported(`Buffer.prototype.${name}${what}`); });
}
for (const name of ["copyBytesFrom", "allocUnsafeSlow"]) putMethod(Buffer, name, () => unsupported("Buffer." + name));
class TextEncoder {
  get encoding() { return "utf-8"; }
  encode(text = "") { return utf8(String(text)); }
  encodeInto(text, target) { const bytes = utf8(text).subarray(0, target.length); target.set(bytes); return { read: text.length, written: bytes.length }; }
}
class TextDecoder {
  constructor(label = "utf-8", options = {}) {
    this.encoding = String(label).toLowerCase() === "utf8" ? "utf-8" : String(label).toLowerCase();
    this.fatal = Boolean(options.fatal);
    this.ignoreBOM = Boolean(options.ignoreBOM);
  }
  decode(bytes) {
    if (bytes === undefined) return "";
    const raw = bytesOf(bytes);
    const text = this.encoding === "utf-8" ? fromUtf8(raw, this.fatal) : decodeText(raw, this.encoding);
    return this.ignoreBOM ? text : text.replace(/^\ufeff/, "");
  }
}
function btoa(text) {
  const value = String(text);
  for (const ch of value) if (ch.charCodeAt(0) > 255) throw domError("Invalid character", "InvalidCharacterError");
  return base64(latin1(value));
}
function atob(text) {
  const value = String(text).replace(/[\t\n\f\r ]/g, "");
  if (/[^A-Za-z0-9+/=]/.test(value)) throw domError("The string to be decoded is not correctly encoded.", "InvalidCharacterError");
  return fromLatin1(fromBase64(value));
}
