//! Where the node listens, and what others are told.

use highwater_broker::{AdvertisedListener, ListenerConfig};
use highwater_types::NodeId;

use super::listeners::{Endpoint, SecurityProtocol, parse_endpoints, parse_protocol_map};
use super::node::Surroundings;
use super::quorum::{QuorumSettings, Roles};
use super::reader::Reader;

const LISTENERS: &str = "listeners";
const ADVERTISED: &str = "advertised.listeners";
const REPLICATION: &str = "replication.listener.name";
const INTER_BROKER: &str = "inter.broker.listener.name";
/// How far the replication listener is from the inter-broker listener, where
/// `listeners` does not name it.
const REPLICATION_PORT_DISTANCE: u16 = 1000;

/// The listeners of a broker.
#[derive(Clone, Debug, Default)]
pub struct BrokerListeners {
    pub listeners: Vec<ListenerConfig>,
    pub advertised: Vec<AdvertisedListener>,
    pub inter_broker: String,
    /// One of `listeners`.
    pub replication: String,
}

/// One listener of a controller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ControllerListener {
    pub bind: ListenerConfig,
    /// What other nodes are told.
    pub advertised: AdvertisedListener,
}

impl Reader<'_> {
    pub(super) fn endpoints(&mut self, name: &str) -> Vec<Endpoint> {
        match parse_endpoints(&self.list(name)) {
            Ok(endpoints) => endpoints,
            Err(reason) => {
                self.refuse(name, reason);
                Vec::new()
            }
        }
    }

    /// Every listener has a protocol, and it is one that we speak.
    pub(super) fn check_protocols(&mut self, endpoints: &[Endpoint], controller_names: &[String]) {
        const MAP: &str = "listener.security.protocol.map";
        let map = match parse_protocol_map(&self.text(MAP).unwrap_or_default()) {
            Ok(map) => map,
            Err(reason) => return self.refuse(MAP, reason),
        };
        let replication = self.replication_name();
        let listed = endpoints.iter().map(|endpoint| &endpoint.name);
        let elsewhere = controller_names
            .iter()
            .filter(|name| !endpoints.iter().any(|endpoint| endpoint.name == **name));
        for name in listed.chain(elsewhere) {
            match map.get(name) {
                Some(SecurityProtocol::Plaintext) => {}
                Some(protocol) => self.refuse(
                    LISTENERS,
                    format!(
                        "{name} is {}; only PLAINTEXT is possible yet",
                        protocol.name()
                    ),
                ),
                // Kafka does not know this listener, so no map of Kafka's has it.
                None if *name == replication => {}
                // Kafka's own exception, for files that do not set the map.
                None if controller_names.contains(name) && self.settings.get(MAP).is_none() => {}
                None => self.refuse(MAP, format!("it does not say which protocol {name} speaks")),
            }
        }
    }

    /// Whether the listeners are those that the roles need.
    pub(super) fn check_listeners(
        &mut self,
        endpoints: &[Endpoint],
        controller_names: &[String],
        roles: Roles,
    ) {
        if endpoints.is_empty() || controller_names.is_empty() {
            return;
        }
        let is_controllers = |endpoint: &&Endpoint| controller_names.contains(&endpoint.name);
        let controllers = endpoints.iter().find(is_controllers);
        let brokers = endpoints.iter().find(|endpoint| !is_controllers(endpoint));
        match (roles.controller, controllers) {
            (true, None) => self.refuse(
                LISTENERS,
                format!(
                    "none of them is the controller's, {}",
                    controller_names.join(" or ")
                ),
            ),
            (false, Some(endpoint)) if roles.broker => self.refuse(
                LISTENERS,
                format!(
                    "{} is a listener of controllers, and this node is none",
                    endpoint.name
                ),
            ),
            _ => {}
        }
        match (roles.broker, brokers) {
            (true, None) => self.refuse(LISTENERS, "none of them is for clients"),
            (false, Some(endpoint)) if roles.controller => self.refuse(
                LISTENERS,
                format!(
                    "{} is a listener of brokers, and this node is none",
                    endpoint.name
                ),
            ),
            _ => {}
        }
    }

    /// The listeners of the broker: all that are not the controller's, and the one for
    /// replication, which is derived if `listeners` does not name it.
    pub(super) fn broker_listeners(
        &mut self,
        endpoints: &[Endpoint],
        controller_names: &[String],
        surroundings: &Surroundings,
    ) -> BrokerListeners {
        let replication = self.replication_name();
        let mut endpoints: Vec<Endpoint> = endpoints
            .iter()
            .filter(|endpoint| !controller_names.contains(&endpoint.name))
            .cloned()
            .collect();
        let clients: Vec<Endpoint> = endpoints
            .iter()
            .filter(|endpoint| endpoint.name != replication)
            .cloned()
            .collect();
        if clients.is_empty() {
            if !endpoints.is_empty() {
                self.refuse(
                    REPLICATION,
                    format!("{replication} is the only listener, and none of them is for clients"),
                );
            }
            return BrokerListeners::default();
        }
        let inter_broker = self.inter_broker_listener(&clients);
        if inter_broker == replication || controller_names.contains(&replication) {
            self.refuse(
                REPLICATION,
                format!("{replication} is a listener of another purpose"),
            );
        }
        let mut advertised = self.advertised(&clients, controller_names, surroundings);
        if !endpoints.iter().any(|each| each.name == replication) {
            endpoints.extend(self.derived_replication(&endpoints, &replication, &inter_broker));
        }
        if let Some(endpoint) = endpoints.iter().find(|each| each.name == replication) {
            let peer = advertised.iter().find(|each| each.name == inter_broker);
            let host = peer.map_or_else(String::new, |peer| peer.host.clone());
            let set = self.set_advertised(&replication);
            advertised.push(set.unwrap_or(AdvertisedListener {
                name: replication.clone(),
                host,
                port: endpoint.port,
            }));
        }
        BrokerListeners {
            listeners: endpoints.into_iter().map(listener).collect(),
            advertised,
            inter_broker,
            replication,
        }
    }

    /// The listeners of the controller, and where others reach them: as
    /// `advertised.listeners` says, or the fixed voters, or the listeners themselves.
    pub(super) fn controller_listeners(
        &mut self,
        endpoints: &[Endpoint],
        controller_names: &[String],
        quorum: &QuorumSettings,
        node: NodeId,
        surroundings: &Surroundings,
    ) -> Vec<ControllerListener> {
        let mut listeners = Vec::new();
        // The first name is the one that others use.
        for name in controller_names {
            let Some(endpoint) = endpoints.iter().find(|each| each.name == *name) else {
                continue;
            };
            let voter = quorum.voter(node).map(|voter| AdvertisedListener {
                name: name.clone(),
                host: voter.host.clone(),
                port: voter.port,
            });
            let own = || AdvertisedListener {
                name: name.clone(),
                host: match endpoint.host.as_str() {
                    "" | "0.0.0.0" | "::" => surroundings.hostname.clone(),
                    host => host.to_owned(),
                },
                port: endpoint.port,
            };
            let set = self.set_advertised(name);
            listeners.push(ControllerListener {
                bind: listener(endpoint.clone()),
                advertised: set.or(voter).unwrap_or_else(own),
            });
        }
        listeners
    }

    fn replication_name(&self) -> String {
        self.text(REPLICATION).unwrap_or_default().to_uppercase()
    }

    /// What `advertised.listeners` says about one listener. Whether it can be read at
    /// all is checked elsewhere.
    fn set_advertised(&self, name: &str) -> Option<AdvertisedListener> {
        self.settings.get(ADVERTISED)?;
        let endpoints = parse_endpoints(&self.list(ADVERTISED)).ok()?;
        let endpoint = endpoints.into_iter().find(|each| each.name == name)?;
        Some(AdvertisedListener {
            name: endpoint.name,
            host: endpoint.host,
            port: endpoint.port,
        })
    }

    /// The replication listener beside the inter-broker listener.
    fn derived_replication(
        &mut self,
        endpoints: &[Endpoint],
        replication: &str,
        inter_broker: &str,
    ) -> Option<Endpoint> {
        let beside = endpoints.iter().find(|each| each.name == inter_broker)?;
        let port = match beside.port {
            0 => Some(0),
            port => port.checked_add(REPLICATION_PORT_DISTANCE),
        };
        let is_free = |port: &u16| {
            *port == 0
                || !endpoints
                    .iter()
                    .any(|each| each.port == *port && each.host == beside.host)
        };
        let Some(port) = port.filter(is_free) else {
            self.refuse(
                LISTENERS,
                format!(
                    "there is no room for the replication listener {REPLICATION_PORT_DISTANCE} \
                     ports above {inter_broker}; name one, such as {replication}://:19093"
                ),
            );
            return None;
        };
        Some(Endpoint {
            name: replication.to_owned(),
            host: beside.host.clone(),
            port,
        })
    }

    /// What clients are told: what is set, or the listeners themselves with the
    /// machine's name where they have no host.
    fn advertised(
        &mut self,
        listeners: &[Endpoint],
        controller_names: &[String],
        surroundings: &Surroundings,
    ) -> Vec<AdvertisedListener> {
        let is_set = self.settings.value(ADVERTISED).is_some();
        let replication = self.replication_name();
        let endpoints = if is_set {
            self.endpoints(ADVERTISED)
        } else {
            listeners.to_vec()
        };
        let mut advertised = Vec::new();
        for endpoint in endpoints {
            if controller_names.contains(&endpoint.name) || endpoint.name == replication {
                continue;
            }
            if !listeners
                .iter()
                .any(|listener| listener.name == endpoint.name)
            {
                self.refuse(
                    ADVERTISED,
                    format!("{} is not one of listeners", endpoint.name),
                );
            }
            if matches!(endpoint.host.as_str(), "0.0.0.0" | "::") {
                self.refuse(
                    if is_set { ADVERTISED } else { LISTENERS },
                    format!(
                        "clients can not connect to {}; set advertised.listeners to a \
                         name or address that they can reach",
                        endpoint.host
                    ),
                );
            }
            let host = if endpoint.host.is_empty() {
                surroundings.hostname.clone()
            } else {
                endpoint.host
            };
            advertised.push(AdvertisedListener {
                name: endpoint.name,
                host,
                port: endpoint.port,
            });
        }
        advertised
    }

    fn inter_broker_listener(&mut self, listeners: &[Endpoint]) -> String {
        let name = match self.text(INTER_BROKER) {
            Some(name) => name.to_uppercase(),
            None => self
                .text("security.inter.broker.protocol")
                .unwrap_or_default(),
        };
        let is_there = |name: &String| listeners.iter().any(|listener| listener.name == *name);
        if is_there(&name) || listeners.is_empty() {
            return name;
        }
        self.refuse(
            INTER_BROKER,
            format!("{name} is not a listener of the broker"),
        );
        name
    }
}

fn listener(Endpoint { name, host, port }: Endpoint) -> ListenerConfig {
    ListenerConfig { name, host, port }
}
