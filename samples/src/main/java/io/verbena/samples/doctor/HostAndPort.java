package io.verbena.samples.doctor;

import io.verbena.samples.Port;
import java.net.InetSocketAddress;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * A peer as people type it: {@code node2:7000}, {@code 10.0.0.2:7000}, {@code [fe80::1%eth0]:7000}.
 */
final class HostAndPort implements ITypeConverter<InetSocketAddress> {
  private static final Pattern FORM =
      Pattern.compile("(?:\\[([^\\[\\]]+)]|([^\\[\\]:\\s]+)):(\\d+)");

  @Override
  public InetSocketAddress convert(String value) {
    Matcher parts = FORM.matcher(value);
    if (!parts.matches()) {
      throw new TypeConversionException(
          "'%s' is not a host and a port, such as node2:7000 or [fe80::1%%eth0]:7000"
              .formatted(value));
    }
    int port = new Port().convert(parts.group(3));
    if (port == 0) {
      throw new TypeConversionException("'%s': nobody listens on port 0".formatted(value));
    }
    String host = parts.group(1) == null ? parts.group(2) : parts.group(1);
    return InetSocketAddress.createUnresolved(host, port);
  }
}
