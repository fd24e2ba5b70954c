import io.openlineage.client.OpenLineage;
import io.openlineage.client.OpenLineageClient;
import io.openlineage.client.transports.KafkaConfig;
import io.openlineage.client.transports.KafkaTransport;
import java.net.URI;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Properties;
import java.util.UUID;

/** Emits START and COMPLETE of one run through the Java client's Kafka transport. */
public class Emit {
  /** Arguments: bootstrap.servers, topic, run id, dataset namespace, input, output. */
  public static void main(String[] arguments) throws Exception {
    Properties properties = new Properties();
    properties.setProperty("bootstrap.servers", arguments[0]);
    properties.setProperty("key.serializer", "org.apache.kafka.common.serialization.StringSerializer");
    properties.setProperty("value.serializer", "org.apache.kafka.common.serialization.StringSerializer");
    // No message key: the transport's own is what the test is about.
    KafkaConfig config = new KafkaConfig(arguments[1], null, properties);

    OpenLineage openLineage = new OpenLineage(URI.create("https://example.com/java"));
    String namespace = arguments[3];
    ZonedDateTime started = ZonedDateTime.parse("2026-05-01T10:00:00Z");
    try (KafkaTransport transport = new KafkaTransport(config)) {
      OpenLineageClient client = OpenLineageClient.builder().transport(transport).build();
      for (OpenLineage.RunEvent.EventType state :
          List.of(OpenLineage.RunEvent.EventType.START, OpenLineage.RunEvent.EventType.COMPLETE)) {
        client.emit(
            openLineage
                .newRunEventBuilder()
                .eventType(state)
                .eventTime(state == OpenLineage.RunEvent.EventType.START ? started : started.plusMinutes(1))
                .run(openLineage.newRunBuilder().runId(UUID.fromString(arguments[2])).build())
                .job(openLineage.newJobBuilder().namespace("scheduler").name("java.load").build())
                .inputs(List.of(openLineage.newInputDatasetBuilder().namespace(namespace).name(arguments[4]).build()))
                .outputs(List.of(openLineage.newOutputDatasetBuilder().namespace(namespace).name(arguments[5]).build()))
                .build());
      }
    }
  }
}
