#!/bin/sh
# Starts a node with what Kafka's container image takes: KAFKA_* variables and
# CLUSTER_ID, which the binary reads itself, and a mounted server.properties.
# Anything but `server` is a command of the binary, such as `topic list`.
set -eu

if [ "${1:-server}" != server ]; then
    exec highwater "$@"
fi
[ "$#" -eq 0 ] || shift

mounted=/mnt/shared/config/server.properties
data=/var/lib/kafka/data

if [ -f "$mounted" ]; then
    set -- --config "$mounted" "$@"
elif [ -z "${KAFKA_PROCESS_ROLES:-}" ]; then
    # Nobody says what this node is: it is a cluster of its own.
    export KAFKA_PROCESS_ROLES=broker,controller
    export KAFKA_NODE_ID="${KAFKA_NODE_ID:-1}"
    export KAFKA_CONTROLLER_LISTENER_NAMES="${KAFKA_CONTROLLER_LISTENER_NAMES:-CONTROLLER}"
    export KAFKA_CONTROLLER_QUORUM_VOTERS="${KAFKA_CONTROLLER_QUORUM_VOTERS:-$KAFKA_NODE_ID@localhost:9093}"
    export KAFKA_LISTENERS="${KAFKA_LISTENERS:-PLAINTEXT://:9092,CONTROLLER://localhost:9093}"
    export KAFKA_ADVERTISED_LISTENERS="${KAFKA_ADVERTISED_LISTENERS:-PLAINTEXT://localhost:9092}"
    export KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR="${KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR:-1}"
    export KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR="${KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR:-1}"
    export KAFKA_TRANSACTION_STATE_LOG_MIN_ISR="${KAFKA_TRANSACTION_STATE_LOG_MIN_ISR:-1}"
    export KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR="${KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR:-1}"
    export KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR="${KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR:-1}"
fi

# Kafka's default is below /tmp, which is gone with the container.
if [ -z "${KAFKA_LOG_DIRS:-}${KAFKA_LOG_DIR:-}" ] \
    && ! grep -Eqs '^[[:space:]]*log\.dirs?[[:space:]]*[=:]' "$mounted"; then
    export KAFKA_LOG_DIRS="$data"
fi

# The node becomes process 1 and hears the signal to stop.
exec highwater server "$@"
