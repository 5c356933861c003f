// jug pack: makes the store smaller or quicker to read, while others may use it. What that means, each store knows.

import {unreachable} from '../core/errors.js';
import type {Packing} from '../stores/store.js';
import {type Command, withStore} from './command.js';

export const pack: Command = {
  example: 'jug pack primes.ts',
  configure() {},
  async run(invocation) {
    return withStore(invocation, 'write', async store => {
      invocation.print(said(await store.pack()));
      return 0;
    });
  },
};

function said(packing: Packing): string {
  switch (packing.kind) {
    case 'packed': {
      const {results, into} = packing;
      return `Packed: ${results} result${results === 1 ? '' : 's'} in ${into}.`;
    }
    case 'nothing':
      return packing.why;
    default:
      return unreachable(packing);
  }
}
