// Node's hash and checksum of a text in one call. Not imported by their names, which an older Node.js does not have: it
// could not even link what imports jug, and nobody could tell the user that it is too old.

import crypto from 'node:crypto';
import zlib from 'node:zlib';

export const digest = crypto.hash;
export const {crc32} = zlib;
