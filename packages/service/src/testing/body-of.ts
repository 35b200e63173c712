/** An answer's JSON as the shape that the test expects; what it holds is for the test to assert. */
// The cast is the purpose: supertest types bodies as any.
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
export function bodyOf<T>(answer: { readonly body: unknown }): T {
  return answer.body as T;
}
