// The libraries that the tests are given: see host/internal/languagetest.

function given(name) {
  const path = process.env[name];
  if (!path) throw new Error(`${name} must say where a test library is; go test ./host/internal/languagetest does so`);
  return path;
}

export const GREETER_V1 = given('GREETER_V1');
export const GREETER_V2 = given('GREETER_V2');
export const ECHO = given('ECHO_V1');
export const CALLBACK = given('CALLBACK_V1');
export const CRASH = given('CRASH_V1');
export const SLOW = given('SLOW_V1');

/** Opens a library for one test, which closes it. */
export async function opened(t, open) {
  const target = await open;
  t.after(() => target.close());
  return target;
}
