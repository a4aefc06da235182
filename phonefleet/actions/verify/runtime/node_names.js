// The names that some of Node's modules export, as Node 20.20 prints them (Object.getOwnPropertyNames of each module)
// with the differences of Node 22 from its documentation (nodejs/node, doc/api). Any other name is missing at run time.
// Removed: crypto.createCipher and createDecipher (deprecations.md, DEP0106, 22.0).
// Added: fs.glob and globSync (fs.md, 22.0); util.getCallSite (22.9, renamed getCallSites in 22.12),
// getSystemErrorMessage (22.12), diff (22.15) and setTraceSigInt (22.19) (util.md).
// http.WebSocket (http.md, 22.5); CloseEvent and MessageEvent are assumed to have come with it.
// crypto.DEFAULT_ENCODING is gone since 20 (DEP0091).
const NODE_NAMES = Object.fromEntries(Object.entries({
  crypto:
    "Certificate Cipher Cipheriv Decipher Decipheriv DiffieHellman DiffieHellmanGroup ECDH Hash Hmac KeyObject " +
    "Sign Verify X509Certificate checkPrime checkPrimeSync constants createCipheriv createDecipheriv " +
    "createDiffieHellman createDiffieHellmanGroup createECDH createHash createHmac createPrivateKey " +
    "createPublicKey createSecretKey createSign createVerify diffieHellman fips generateKey generateKeyPair " +
    "generateKeyPairSync generateKeySync generatePrime generatePrimeSync getCipherInfo getCiphers getCurves " +
    "getDiffieHellman getFips getHashes getRandomValues hash hkdf hkdfSync pbkdf2 pbkdf2Sync privateDecrypt " +
    "privateEncrypt prng pseudoRandomBytes publicDecrypt publicEncrypt randomBytes randomFill randomFillSync " +
    "randomInt randomUUID rng scrypt scryptSync secureHeapUsed setEngine setFips sign subtle timingSafeEqual " +
    "verify webcrypto",
  util:
    "MIMEParams MIMEType TextDecoder TextEncoder _errnoException _exceptionWithHostPort _extend aborted " +
    "callbackify debug debuglog deprecate diff format formatWithOptions getCallSite getCallSites " +
    "getSystemErrorMap getSystemErrorMessage getSystemErrorName inherits inspect isArray isBoolean isBuffer " +
    "isDate isDeepStrictEqual isError isFunction isNull isNullOrUndefined isNumber isObject isPrimitive isRegExp " +
    "isString isSymbol isUndefined log parseArgs parseEnv promisify setTraceSigInt stripVTControlCharacters " +
    "styleText toUSVString transferableAbortController transferableAbortSignal types",
  os:
    "EOL arch availableParallelism constants cpus devNull endianness freemem getPriority homedir hostname loadavg " +
    "machine networkInterfaces platform release setPriority tmpdir totalmem type uptime userInfo version",
  http:
    "Agent ClientRequest CloseEvent IncomingMessage METHODS MessageEvent OutgoingMessage STATUS_CODES Server " +
    "ServerResponse WebSocket _connectionListener createServer get globalAgent maxHeaderSize request " +
    "setMaxIdleHTTPParsers validateHeaderName validateHeaderValue",
  https:
    "Agent Server createServer get globalAgent request",
  url:
    "URL URLSearchParams Url domainToASCII domainToUnicode fileURLToPath format parse pathToFileURL resolve " +
    "resolveObject urlToHttpOptions",
  fs:
    "Dir Dirent F_OK FileReadStream FileWriteStream R_OK ReadStream Stats W_OK WriteStream X_OK _toUnixTimestamp " +
    "access accessSync appendFile appendFileSync chmod chmodSync chown chownSync close closeSync constants " +
    "copyFile copyFileSync cp cpSync createReadStream createWriteStream exists existsSync fchmod fchmodSync " +
    "fchown fchownSync fdatasync fdatasyncSync fstat fstatSync fsync fsyncSync ftruncate ftruncateSync futimes " +
    "futimesSync glob globSync lchmod lchmodSync lchown lchownSync link linkSync lstat lstatSync lutimes " +
    "lutimesSync mkdir mkdirSync mkdtemp mkdtempSync open openAsBlob openSync opendir opendirSync promises read " +
    "readFile readFileSync readSync readdir readdirSync readlink readlinkSync readv readvSync realpath " +
    "realpathSync rename renameSync rm rmSync rmdir rmdirSync stat statSync statfs statfsSync symlink symlinkSync " +
    "truncate truncateSync unlink unlinkSync unwatchFile utimes utimesSync watch watchFile write writeFile " +
    "writeFileSync writeSync writev writevSync",
  stream:
    "Duplex PassThrough Readable Stream Transform Writable _isArrayBufferView _isUint8Array _uint8ArrayToBuffer " +
    "addAbortSignal compose destroy duplexPair finished getDefaultHighWaterMark isDestroyed isDisturbed isErrored " +
    "isReadable isWritable pipeline promises setDefaultHighWaterMark",
  timers:
    "_unrefActive active clearImmediate clearInterval clearTimeout enroll promises setImmediate setInterval " +
    "setTimeout unenroll",
}).map(([name, list]) => [name, new RealSet(list.split(" "))]));
const ASKED_OF_ANY = new RealSet(["default", "then", "__esModule", "toJSON", "prototype", "apply", "call", "bind", "inspect", "toString", "valueOf", "hasOwnProperty", "constructor"]);
function withNodeNames(module, made) {
  const names = NODE_NAMES[module];
  const proxy = new Proxy(made, {
    get(target, key) {
      if (typeof key === "string" && !names.has(key) && !ASKED_OF_ANY.has(key)) return removedIn22(`${module}.${key}`);
      return key === "default" ? proxy : target[key];
    },
  });
  const how = described.get(made);
  return how ? describe(proxy, how) : proxy;
}
