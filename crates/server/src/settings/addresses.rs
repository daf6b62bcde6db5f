//! Where the node listens, and what clients are told.

use highwater_broker::AdvertisedListener;

use super::listeners::{Endpoint, SecurityProtocol, parse_endpoints, parse_protocol_map};
use super::node::Surroundings;
use super::reader::Reader;

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
        for endpoint in endpoints {
            let name = &endpoint.name;
            match map.get(name) {
                Some(SecurityProtocol::Plaintext) => {}
                Some(protocol) => self.refuse(
                    "listeners",
                    format!(
                        "{name} is {}; only PLAINTEXT is possible yet",
                        protocol.name()
                    ),
                ),
                // Kafka's own exception, for files that do not set the map.
                None if controller_names.contains(name) && self.settings.get(MAP).is_none() => {}
                None => self.refuse(MAP, format!("it does not say which protocol {name} speaks")),
            }
        }
    }

    pub(super) fn broker_endpoints(
        &mut self,
        endpoints: &[Endpoint],
        controller_names: &[String],
    ) -> Vec<Endpoint> {
        let (controllers, brokers): (Vec<_>, Vec<_>) = endpoints
            .iter()
            .cloned()
            .partition(|endpoint| controller_names.contains(&endpoint.name));
        if controllers.is_empty() && !endpoints.is_empty() && !controller_names.is_empty() {
            self.refuse(
                "listeners",
                format!(
                    "none of them is the controller's, {}",
                    controller_names.join(" or ")
                ),
            );
        }
        if brokers.is_empty() && !endpoints.is_empty() {
            self.refuse("listeners", "none of them is for clients");
        }
        brokers
    }

    /// What clients are told: what is set, or the listeners themselves with the
    /// machine's name where they have no host.
    pub(super) fn advertised(
        &mut self,
        listeners: &[Endpoint],
        controller_names: &[String],
        surroundings: &Surroundings,
    ) -> Vec<AdvertisedListener> {
        const NAME: &str = "advertised.listeners";
        let is_set = self.settings.value(NAME).is_some();
        let endpoints = if is_set {
            self.endpoints(NAME)
        } else {
            listeners.to_vec()
        };
        let mut advertised = Vec::new();
        for endpoint in endpoints {
            if controller_names.contains(&endpoint.name) {
                continue;
            }
            if !listeners
                .iter()
                .any(|listener| listener.name == endpoint.name)
            {
                self.refuse(NAME, format!("{} is not one of listeners", endpoint.name));
            }
            if matches!(endpoint.host.as_str(), "0.0.0.0" | "::") {
                self.refuse(
                    if is_set { NAME } else { "listeners" },
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

    pub(super) fn inter_broker_listener(&mut self, listeners: &[Endpoint]) -> String {
        const NAME: &str = "inter.broker.listener.name";
        let name = match self.text(NAME) {
            Some(name) => name.to_uppercase(),
            None => self
                .text("security.inter.broker.protocol")
                .unwrap_or_default(),
        };
        let is_there = |name: &String| listeners.iter().any(|listener| listener.name == *name);
        if is_there(&name) || listeners.is_empty() {
            return name;
        }
        self.refuse(NAME, format!("{name} is not a listener of the broker"));
        name
    }
}
