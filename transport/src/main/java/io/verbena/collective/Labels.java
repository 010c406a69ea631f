package io.verbena.collective;

import java.util.Locale;

/** The names of constants as people read and write them: {@code ALL_REDUCE} is all-reduce. */
final class Labels {
  private Labels() {}

  static String of(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
