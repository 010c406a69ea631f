package io.verbena.doctor;

import io.verbena.ffi.Native;
import io.verbena.lane.rdma.RdmaPins;
import io.verbena.lane.rdma.RdmaSurvey;
import io.verbena.memory.BufferPoolConfig;
import io.verbena.verbs.Access;
import io.verbena.verbs.Context;
import io.verbena.verbs.Device;
import io.verbena.verbs.VerbsException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What no file tells, but this machine does when it is asked.
 *
 * @param system the operating system
 * @param architecture the processor's
 * @param verbsProblem why libibverbs cannot be used, or empty
 * @param managerProblem why librdmacm cannot be used, or empty
 * @param devices what libibverbs lists; null if it cannot be asked
 * @param survey the ports as libibverbs shows them
 * @param trial an attempt to register memory; null if there is nothing to try with
 * @param addresses of each network interface
 */
record Answers(
    String system,
    String architecture,
    String verbsProblem,
    String managerProblem,
    @Nullable List<String> devices,
    RdmaSurvey survey,
    @Nullable Trial trial,
    Map<String, List<String>> addresses) {
  /**
   * An attempt to register as much memory as a transport does first.
   *
   * @param device with which device
   * @param bytes how much
   * @param problem why it was refused, or empty
   * @param cure what helps, if it is not the limit of locked memory
   */
  record Trial(String device, long bytes, String problem, String cure) {}

  private static final String DEVICE = "look at what the kernel says of the device (dmesg)";

  static Answers ofMachine(RdmaPins pins, RdmaSurvey.Beside tcp) {
    String verbsProblem = problem(Native.LIBIBVERBS);
    String managerProblem = problem(Native.LIBRDMACM);
    RdmaSurvey survey = new RdmaSurvey(List.of(), List.of());
    List<String> devices = null;
    Trial trial = null;
    if (verbsProblem.isEmpty()) {
      try {
        devices = Device.list().stream().map(Device::name).toList();
        survey = RdmaSurvey.ofMachine(pins);
        trial =
            survey
                .choose(pins, tcp)
                .map(chosen -> chosen.candidate().device())
                .or(survey.ports().stream().map(port -> port.device())::findFirst)
                .map(Answers::attempt)
                .orElse(null);
      } catch (VerbsException e) {
        survey = new RdmaSurvey(List.of(), List.of(String.valueOf(e.getMessage())));
      }
    } else {
      survey = new RdmaSurvey(List.of(), List.of(verbsProblem));
    }
    return new Answers(
        System.getProperty("os.name"),
        System.getProperty("os.arch"),
        verbsProblem,
        managerProblem,
        devices,
        survey,
        trial,
        interfaceAddresses());
  }

  private static String problem(Native library) {
    String cause = library.unavailabilityCause();
    return cause == null ? "" : cause;
  }

  private static Trial attempt(String name) {
    int bytes = BufferPoolConfig.defaults().firstSlabBytes();
    try (Context context = Device.named(name).open()) {
      context.createDomain().allocate(bytes, Access.LOCAL_WRITE, Access.REMOTE_READ).close();
      return new Trial(name, bytes, "", "");
    } catch (VerbsException e) {
      return refused(name, bytes, e);
    } catch (UncheckedIOException e) {
      return e.getCause() instanceof VerbsException refusal
          ? refused(name, bytes, refusal)
          : new Trial(name, bytes, String.valueOf(e.getMessage()), DEVICE);
    }
  }

  private static Trial refused(String name, int bytes, VerbsException e) {
    boolean isLimit = e.verb().startsWith("ibv_reg_mr") && e.errnoName().equals("ENOMEM");
    String message = String.valueOf(e.getMessage());
    String cure = e.cure();
    return new Trial(
        name,
        bytes,
        // What the message says of the limit, the doctor's own cure does not.
        isLimit || cure.isEmpty()
            ? message
            : message.substring(0, message.length() - cure.length() - 2),
        isLimit ? "" : cure.isEmpty() ? DEVICE : cure);
  }

  static Map<String, List<String>> interfaceAddresses() {
    Map<String, List<String>> found = new TreeMap<>();
    try {
      NetworkInterface.networkInterfaces()
          .forEach(
              nic ->
                  found.put(
                      nic.getName(),
                      nic.inetAddresses().map(InetAddress::getHostAddress).toList()));
    } catch (SocketException e) {
      // Without a list of interfaces there are no addresses to tell of.
    }
    return found;
  }
}
