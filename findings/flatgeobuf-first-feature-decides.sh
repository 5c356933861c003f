#!/usr/bin/env bash
# flatgeobuf 4.5.0 (JavaScript): serialize() takes the columns of a whole collection from the properties of its first feature.
#
# Expected: GeoJSON lets each feature have properties of its own (RFC 7946, section 3.2), and a column of FlatGeobuf may be null.
# So a property that a feature lacks comes back as lacking, and one that only a later feature has comes back, too; or writing is refused.
# Seen on Node.js 20.20: a number that is not there comes back as NaN, a text as '', and a property that the first feature lacks
# is dropped, all without a word. NaN and '' cannot be told from values.
# Who writes collections so gives every feature the same properties first, and marks what is not there by a value of its own.
#
# Exits with 0 as long as that is so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund flatgeobuf@4.5.0 >/dev/null 2>&1

cat >collection.mjs <<'JS'
import {geojson} from 'flatgeobuf';

const properties = [{name: 'a', count: 3}, {name: 'b', ratio: 0.5}, {count: 7}];
const features = properties.map((properties, place) => ({
  type: 'Feature',
  geometry: {type: 'Point', coordinates: [place, 0]},
  properties,
}));
const back = [];
for await (const feature of geojson.deserialize(geojson.serialize({type: 'FeatureCollection', features})))
  back.push(feature.properties);
console.log(back);
const [, second, third] = back;
const isSo = Number.isNaN(second.count) && !('ratio' in second) && third.name === '' && third.count === 7;
if (!isSo) {
  console.log('CHANGED');
  process.exitCode = 1;
}
JS
node collection.mjs
