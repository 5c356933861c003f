// The types that let a task stand where its result is expected, and results where tasks stood. Types only.

/** Something whose result is of type `R`, now or later: a task, a tasklet, a wrapped value. `__result` is for types only. */
export interface Deferred<R> {
  readonly __result: R;
}

type Leaf =
  | string
  | number
  | boolean
  | bigint
  | symbol
  | null
  | undefined
  | ((...args: never[]) => unknown)
  | Date
  | RegExp
  | ArrayBuffer
  | ArrayBufferView
  | Error;

/** What may be passed where a task function takes `T`: the value, a task of it, or the same at any depth inside. */
export type Argument<T> = T | Deferred<T> | (T extends Leaf ? never : ArgumentInside<T>);

type ArgumentInside<T> =
  T extends ReadonlyMap<infer K, infer V>
    ? ReadonlyMap<K, Argument<V>>
    : T extends ReadonlySet<infer M>
      ? ReadonlySet<Argument<M>>
      : T extends object
        ? {readonly [K in keyof T]: Argument<T[K]>}
        : never;

export type Arguments<A extends readonly unknown[]> = {[K in keyof A]: Argument<A[K]>};

/** `value(x)`: every task in `x` replaced by its result. */
export type Resolved<T> = T extends Deferred<infer R> ? R : ResolvedInside<T>;

type ResolvedInside<T> = T extends Leaf
  ? T
  : T extends Map<infer K, infer V>
    ? Map<Resolved<K>, Resolved<V>>
    : T extends Set<infer M>
      ? Set<Resolved<M>>
      : T extends object
        ? {[K in keyof T]: Resolved<T[K]>}
        : T;

/** What comes of a call that answers with `B`: of a task generator's, the result of its task. */
export type Outcome<B> = B extends Deferred<infer R> ? R : Awaited<B>;

/**
 * What a tasklet is made from: a task, a tasklet, or any value that holds some. Any value fits; spelled out, for then
 * the compiler takes the arrays of a literal, at any depth, for tuples.
 */
export type Base =
  | NonNullable<unknown>
  | null
  | undefined
  | []
  | readonly Base[]
  | {readonly [key: string]: Base};

/** What stands at the key `K` of `R`: of an array the member, of a Map the value, of an object the property. */
export type Element<R, K> =
  R extends ReadonlyMap<unknown, infer V>
    ? V
    : R extends readonly (infer E)[]
      ? number extends R['length']
        ? E
        : K extends keyof R
          ? R[K]
          : `${K & number}` extends keyof R
            ? R[`${K & number}` & keyof R]
            : E
      : K extends keyof R
        ? R[K]
        : unknown;

/** What stands at `Keys` in `R`, one key below the other. */
export type ElementAt<R, Keys extends readonly unknown[]> = Keys extends readonly [infer K, ...infer Rest]
  ? ElementAt<Element<R, Resolved<K>>, Rest>
  : Keys extends readonly []
    ? R
    : unknown;

/** What `slice` gives of `R`: of a tuple, an array of any of its members. */
export type Slice<R> = R extends readonly (infer E)[] ? E[] : R;

/** Of a property that a task has and its result, too: whoever reads it is most likely after the result's. `Use`: how to. */
export interface NotOfTheResult<Use extends string> {
  readonly __read: Use;
}

/** Those of `Keys` that are `K`, for each by itself: of what has any key, as `any` has, none is known. */
type Among<Keys, K> = Keys extends K ? Keys : never;

/**
 * What reading `K` of a task of `R` gives, where the task's own is a `T`: no `T`, if the result has a `K` itself.
 * Of a task of anything it is `T`: `(task as Task).name`. So written that a task of a more special result still fits
 * where one of a more general is expected.
 */
export type Own<R, K extends string, T> = R extends unknown
  ? [Among<keyof R, K>] extends [never]
    ? T
    : NotOfTheResult<`get("${K}")`>
  : never;
