// The task of the bare piscina loop: what a no-op costs where nothing is hashed, scheduled or stored.

export default function noop(n: number): number {
  return n;
}
