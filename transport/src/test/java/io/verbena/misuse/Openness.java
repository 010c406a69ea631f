package io.verbena.misuse;

import java.lang.foreign.Arena;
import java.lang.reflect.Method;

/** Whether an object is open: most have a public method that says so, but no common type. */
final class Openness {
  private static final ClassValue<Method> IS_OPEN =
      new ClassValue<>() {
        @Override
        protected Method computeValue(Class<?> type) {
          try {
            Method method = type.getMethod("isOpen");
            method.setAccessible(true);
            return method;
          } catch (NoSuchMethodException e) {
            // It does not say: use will tell.
            return null;
          }
        }
      };

  private Openness() {}

  static boolean isOpen(Object object) {
    try {
      if (object instanceof Arena arena) {
        return arena.scope().isAlive();
      }
      Method method = IS_OPEN.get(object.getClass());
      return method == null || (boolean) method.invoke(object);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(e.getMessage(), e);
    }
  }
}
