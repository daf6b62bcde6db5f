//! Where this broker listens, and what it tells others about it.

use std::net::SocketAddr;

use highwater_platform::Network;

use crate::broker::BrokerError;
use crate::config::{AdvertisedListener, BrokerConfig};
use crate::net::BoundListener;

/// Binds every configured listener.
pub(crate) async fn bind_all(
    network: &dyn Network,
    config: &BrokerConfig,
) -> Result<Vec<BoundListener>, BrokerError> {
    let mut bound = Vec::with_capacity(config.listeners.len());
    for listener in &config.listeners {
        bound.push(BoundListener::bind(network, listener).await?);
    }
    Ok(bound)
}

/// The listeners that speak Kafka's protocol, and the one that brokers replicate to.
pub(crate) fn split_replication(
    bound: Vec<BoundListener>,
    replication: &str,
) -> (Vec<BoundListener>, Option<BoundListener>) {
    let (mut replication, kafka): (Vec<_>, Vec<_>) = bound
        .into_iter()
        .partition(|listener| *listener.name == *replication);
    (kafka, replication.pop())
}

/// Names and addresses.
pub(crate) fn addresses(bound: &[BoundListener]) -> Vec<(String, SocketAddr)> {
    let address = |listener: &BoundListener| (listener.name.to_string(), listener.address);
    bound.iter().map(address).collect()
}

/// What clients and other brokers are told, one address for each bound listener.
pub(crate) fn advertised(
    config: &BrokerConfig,
    bound: &[(String, SocketAddr)],
) -> Vec<AdvertisedListener> {
    let resolve = |(name, address): &(String, SocketAddr)| {
        let wanted = config.advertised_listeners.iter().find(|a| a.name == *name);
        let host = match wanted.map(|wanted| wanted.host.as_str()) {
            Some(host) if !host.is_empty() => host.to_owned(),
            // Nobody can connect to "every interface".
            _ if address.ip().is_unspecified() => "localhost".to_owned(),
            _ => address.ip().to_string(),
        };
        let port = wanted.map_or(0, |wanted| wanted.port);
        AdvertisedListener {
            name: name.clone(),
            host,
            port: if port == 0 { address.port() } else { port },
        }
    };
    bound.iter().map(resolve).collect()
}

#[cfg(test)]
mod tests {
    use highwater_types::{ClusterId, NodeId};

    use super::*;

    #[test]
    fn ports_and_hosts_left_open_are_filled_in() {
        let mut config = BrokerConfig::new(NodeId(1), ClusterId("c".into()), Vec::new());
        let listener = |name: &str, host: &str, port| AdvertisedListener {
            name: name.into(),
            host: host.into(),
            port,
        };
        config.advertised_listeners = vec![listener("A", "a.example", 0), listener("B", "", 7)];
        let bound = [
            ("A".to_owned(), SocketAddr::from(([127, 0, 0, 1], 1000))),
            ("B".to_owned(), SocketAddr::from(([127, 0, 0, 2], 1001))),
            ("C".to_owned(), SocketAddr::from(([0, 0, 0, 0], 1002))),
        ];
        assert_eq!(
            advertised(&config, &bound),
            [
                listener("A", "a.example", 1000),
                listener("B", "127.0.0.2", 7),
                listener("C", "localhost", 1002),
            ]
        );
    }
}
