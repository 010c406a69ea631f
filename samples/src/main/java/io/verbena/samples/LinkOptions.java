package io.verbena.samples;

import io.verbena.RdmaMode;
import io.verbena.TransportConfig;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which link a program may take: options of all that use a transport. */
public final class LinkOptions {
  @Option(
      names = "--rdma",
      paramLabel = "MODE",
      converter = Mode.class,
      defaultValue = "preferred",
      description = "required, preferred (the default) or off.")
  private RdmaMode rdma = RdmaMode.PREFERRED;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      defaultValue = "${env:VERBENA_DEVICE}",
      description =
          "The RDMA device to use, such as mlx5_0; by default VERBENA_DEVICE, or the best.")
  private @Nullable String device;

  /** Creates the options, for picocli. */
  public LinkOptions() {}

  /**
   * Whether to use RDMA.
   *
   * @return the mode
   */
  public RdmaMode rdma() {
    return rdma;
  }

  /**
   * Which device to use.
   *
   * @return its name, empty for the best
   */
  public String device() {
    return device == null ? "" : device.strip();
  }

  /**
   * How a transport that follows these options is set up.
   *
   * @return the configuration
   */
  public TransportConfig config() {
    TransportConfig config =
        TransportConfig.defaults()
            .withRdma(rdma)
            // An emulated processor is ten times slower than a real one.
            .withConnectTimeout(Duration.ofSeconds(30))
            .withProbeTimeout(Duration.ofSeconds(10));
    return device().isEmpty() ? config : config.withDevice(device());
  }

  /** The values of {@link RdmaMode} as people type them. */
  static final class Mode implements ITypeConverter<RdmaMode> {
    @Override
    public RdmaMode convert(String value) {
      try {
        return RdmaMode.valueOf(value.toUpperCase(Locale.ROOT));
      } catch (IllegalArgumentException e) {
        String modes =
            Arrays.stream(RdmaMode.values())
                .map(mode -> mode.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", "));
        throw new TypeConversionException("'%s' is none of %s".formatted(value, modes));
      }
    }
  }
}
