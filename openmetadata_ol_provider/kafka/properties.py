"""Which of librdkafka's settings belong to which kind of client.

One Airflow connection serves consumers and producers; librdkafka would log a warning for each setting
that is not for the client at hand.
"""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


#: For members of a group. No group is joined, and a commit under a member's name would be refused.
MEMBERS_ONLY = _names("""
    group.instance.id group.protocol group.protocol.type group.remote.assignor session.timeout.ms
    heartbeat.interval.ms max.poll.interval.ms partition.assignment.strategy
""")

CONSUMER_ONLY = MEMBERS_ONLY | _names("""
    group.id coordinator.query.interval.ms enable.auto.commit auto.commit.enable auto.commit.interval.ms
    enable.auto.offset.store auto.offset.reset enable.partition.eof queued.min.messages queued.max.messages.kbytes
    fetch.wait.max.ms fetch.queue.backoff.ms fetch.message.max.bytes max.partition.fetch.bytes
    fetch.max.bytes fetch.min.bytes fetch.error.backoff.ms isolation.level check.crcs allow.auto.create.topics on_commit
""")

PRODUCER_ONLY = _names("""
    transactional.id transaction.timeout.ms enable.idempotence enable.gapless.guarantee acks request.required.acks
    request.timeout.ms retries message.send.max.retries queue.buffering.max.messages queue.buffering.max.kbytes
    queue.buffering.max.ms linger.ms queue.buffering.backpressure.threshold compression.codec compression.type
    compression.level batch.num.messages batch.size delivery.report.only.error delivery.timeout.ms message.timeout.ms
    partitioner msg_order_cmp queuing.strategy sticky.partitioning.linger.ms on_delivery dr_cb
""")

#: What the idempotent producer of dead letters decides for itself, whatever the connection says.
DEAD_LETTERS_OWN = _names("""
    transactional.id request.required.acks retries message.send.max.retries delivery.timeout.ms message.timeout.ms
    max.in.flight max.in.flight.requests.per.connection queuing.strategy enable.gapless.guarantee
    delivery.report.only.error on_delivery dr_cb
""")
