// Makes secret.msg: node examples/decrypt/encrypt.js

import {writeFileSync} from 'node:fs';

const PASSWORD = 'cedar';

const TEXT = `The lighthouse keeper wrote down every ship that passed, the hour and the weather, and the colour
of its sails. After his death the books were carried to the town hall, where nobody read them. A
hundred years later a student of storms found that the keeper had described, without knowing it, the
slow drift of the great winds to the north, one line a day, in pencil.
`;

const message = Buffer.from(TEXT);
for (let i = 0; i < message.length; i++) message[i] ^= PASSWORD.charCodeAt(i % PASSWORD.length);
writeFileSync(new URL('secret.msg', import.meta.url), message);
console.log(`secret.msg: ${message.length} bytes`);
