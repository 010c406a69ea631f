package io.verbena.samples.doctor;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import io.verbena.doctor.Choice;
import io.verbena.doctor.Diagnosis;
import io.verbena.doctor.Evidence;
import io.verbena.doctor.Finding;
import io.verbena.doctor.Inventory;
import io.verbena.doctor.Peer;
import java.util.List;
import java.util.function.Function;

/** The same for programs, as docs/doctor.schema.json describes it. */
final class Json {
  private static final Gson GSON =
      new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().serializeNulls().create();

  private Json() {}

  static String of(Diagnosis diagnosis) {
    var all = new JsonObject();
    all.addProperty("summary", diagnosis.summary());
    all.addProperty("rdmaUsable", diagnosis.rdmaUsable());
    all.add("choice", diagnosis.choice().<JsonElement>map(Json::choice).orElse(JsonNull.INSTANCE));
    all.addProperty("tcpInterface", diagnosis.tcpInterface());
    all.add("peer", diagnosis.peer().<JsonElement>map(Json::peer).orElse(JsonNull.INSTANCE));
    all.add("findings", array(diagnosis.findings(), Json::finding));
    return GSON.toJson(all);
  }

  static String of(Inventory inventory) {
    var all = new JsonObject();
    all.add("sections", array(inventory.sections(), Json::section));
    return GSON.toJson(all);
  }

  private static JsonObject choice(Choice choice) {
    var all = new JsonObject();
    all.addProperty("device", choice.device());
    all.addProperty("port", choice.port());
    all.addProperty("protocol", choice.protocol());
    all.addProperty("gidIndex", choice.gidIndex());
    all.addProperty("gid", choice.gid());
    all.addProperty("pkey", choice.pkey());
    all.addProperty("megabitsPerSecond", choice.megabitsPerSecond());
    all.add("passedOver", array(choice.passedOver(), JsonPrimitive::new));
    return all;
  }

  private static JsonObject peer(Peer peer) {
    var all = new JsonObject();
    all.addProperty("address", peer.address());
    all.addProperty("rdmaWorks", peer.rdmaWorks());
    all.addProperty("link", peer.link());
    return all;
  }

  private static JsonObject finding(Finding finding) {
    var all = new JsonObject();
    all.addProperty("check", finding.check());
    all.addProperty("title", finding.title());
    all.addProperty("severity", finding.severity().name());
    all.addProperty("message", finding.message());
    all.add("evidence", array(finding.evidence(), Json::evidence));
    all.addProperty("cure", finding.cure());
    return all;
  }

  private static JsonObject section(Inventory.Section section) {
    var all = new JsonObject();
    all.addProperty("title", section.title());
    all.add("entries", array(section.entries(), Json::evidence));
    return all;
  }

  private static JsonObject evidence(Evidence evidence) {
    var all = new JsonObject();
    all.addProperty("source", evidence.source());
    all.addProperty("value", evidence.value());
    return all;
  }

  private static <T> JsonArray array(List<T> values, Function<T, JsonElement> element) {
    var all = new JsonArray();
    values.forEach(each -> all.add(element.apply(each)));
    return all;
  }
}
