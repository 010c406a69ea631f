package io.verbena.samples;

import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** A TCP port, as people type it. */
public final class Port implements ITypeConverter<Integer> {
  private static final int HIGHEST = 65535;

  /** Creates the converter, for picocli. */
  public Port() {}

  @Override
  public Integer convert(String value) {
    try {
      int port = Integer.parseInt(value);
      if (port >= 0 && port <= HIGHEST) {
        return port;
      }
    } catch (NumberFormatException e) {
      // Falls through to the complaint.
    }
    throw new TypeConversionException(
        "'%s' is not a port, a number from 0 to %d".formatted(value, HIGHEST));
  }
}
