package io.verbena.samples.doctor;

import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import io.verbena.doctor.InstanceMetadata;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Asks Azure's instance metadata service about this virtual machine. Its address leads to the host
 * of the machine, and elsewhere to nobody.
 *
 * @param address where it is asked
 */
record MetadataService(URI address) {
  /** Another address, for tests. */
  static final String PROPERTY = "verbena.metadata.url";

  private static final String AZURE =
      "http://169.254.169.254/metadata/instance?api-version=2021-02-01";

  private static final Duration DEADLINE = Duration.ofSeconds(1);
  private static final long LONGEST = 1 << 20;
  private static final int OK = 200;

  static MetadataService ofAzure() {
    return new MetadataService(URI.create(System.getProperty(PROPERTY, AZURE)));
  }

  /** Asks for a second at most; that there was no answer is an answer, too. */
  InstanceMetadata ask() {
    HttpClient client =
        HttpClient.newBuilder()
            .connectTimeout(DEADLINE)
            .proxy(HttpClient.Builder.NO_PROXY)
            .followRedirects(HttpClient.Redirect.NEVER)
            .build();
    try {
      var request =
          HttpRequest.newBuilder(address).header("Metadata", "true").timeout(DEADLINE).build();
      HttpResponse<String> answer =
          client
              .sendAsync(request, BodyHandlers.limiting(BodyHandlers.ofString(), LONGEST))
              .get(DEADLINE.toMillis(), TimeUnit.MILLISECONDS);
      if (answer.statusCode() != OK) {
        return silent("HTTP status " + answer.statusCode());
      }
      return new InstanceMetadata(address.toString(), machineSize(answer.body()), "");
    } catch (TimeoutException e) {
      return silent("no answer within a second");
    } catch (ExecutionException e) {
      return silent(e.getCause() instanceof IOException cause ? why(cause) : String.valueOf(e));
    } catch (JsonParseException | IllegalStateException | UnsupportedOperationException e) {
      return silent("an answer without compute.vmSize");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return silent("interrupted");
    } finally {
      client.shutdownNow();
    }
  }

  private static String why(IOException e) {
    return e instanceof HttpTimeoutException
        ? "no answer within a second"
        : e.getMessage() == null ? "nobody answers" : e.getMessage();
  }

  private static String machineSize(String text) {
    JsonElement compute = JsonParser.parseString(text).getAsJsonObject().get("compute");
    if (compute == null || compute.getAsJsonObject().get("vmSize") == null) {
      throw new JsonParseException("compute.vmSize is missing");
    }
    return compute.getAsJsonObject().get("vmSize").getAsString();
  }

  private InstanceMetadata silent(String problem) {
    return new InstanceMetadata(address.toString(), "", problem);
  }
}
