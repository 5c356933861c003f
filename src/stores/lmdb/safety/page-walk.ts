// Finds the last page that an LMDB file really uses. LMDB counts pages at its end that a transaction took and
// gave back without ever writing them, so a file may rightly be shorter than it says; only then is this asked.
// Knows the page layout that lmdb 3.5 writes (format 2, pages with a head of 24 bytes), and nothing else.

import {readSync} from 'node:fs';

const HEAD = 24;
const FLAGS = 18;
/** Bytes from the head's end to the free space: two for each node. */
const LOWER = 20;
const BRANCH = 0x01;
const LEAF = 0x02;
const NODE_HEAD = 8;
/** The value is on pages of its own: number of the first, transaction, how many. */
const BIG = 0x01;
/** The value describes another tree; its root is at 40. */
const TREE = 0x02;
const ROOT_IN_TREE = 40;
const NO_PAGE = 0xffff_ffff_ffff_ffffn;

/** Bytes that the file must have for all trees that start at `roots`; `undefined` if a page makes no sense. */
export function bytesInUse(fd: number, roots: readonly bigint[], pageSize: number): number | undefined {
  const page = Buffer.alloc(pageSize);
  const left = roots.filter(root => root !== NO_PAGE).map(Number);
  const seen = new Set<number>();
  let end = 0;

  function visitNode(at: number, isBranch: boolean): boolean {
    if (at + NODE_HEAD > pageSize) return false;
    const low = page.readUInt32LE(at);
    const flags = page.readUInt16LE(at + 4);
    if (isBranch) {
      left.push(low + flags * 2 ** 32);
      return true;
    }
    const value = at + NODE_HEAD + page.readUInt16LE(at + 6);
    if ((flags & BIG) !== 0) {
      if (value + 24 > pageSize) return false;
      end = Math.max(end, Number(page.readBigUInt64LE(value) + page.readBigUInt64LE(value + 16)));
    } else if ((flags & TREE) !== 0) {
      if (value + ROOT_IN_TREE + 8 > pageSize) return false;
      const root = page.readBigUInt64LE(value + ROOT_IN_TREE);
      if (root !== NO_PAGE) left.push(Number(root));
    }
    return true;
  }

  for (let number = left.pop(); number !== undefined; number = left.pop()) {
    if (seen.has(number)) return undefined;
    seen.add(number);
    if (readSync(fd, page, 0, pageSize, number * pageSize) < pageSize) return (number + 1) * pageSize;
    end = Math.max(end, number + 1);
    const flags = page.readUInt16LE(FLAGS);
    if (Number(page.readBigUInt64LE(0)) !== number || (flags & (BRANCH | LEAF)) === 0) return undefined;
    const nodes = page.readUInt16LE(LOWER) / 2;
    for (let i = 0; i < nodes; i++) {
      if (HEAD + i * 2 + 2 > pageSize) return undefined;
      if (!visitNode(page.readUInt16LE(HEAD + i * 2) + HEAD, (flags & BRANCH) !== 0)) return undefined;
    }
  }
  return end * pageSize;
}
