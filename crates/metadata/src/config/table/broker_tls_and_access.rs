//! Broker configs: TLS, access and delegation tokens.

use crate::config::definition::DefaultValue::{Is, Unset};
use crate::config::table::definitions;
use crate::config::validator::Empty;
use crate::config::validator::Validator::{Any, AtLeast, Distinct, OneOf};

definitions! {
    "allow.everyone.if.no.acl.found": Boolean = Is("false"), Any, Medium ReadOnly Public
        "Whether a resource without any rule is open to everyone.";
    "authorizer.class.name": String = Is(""), Any, Low ReadOnly Public
        "Which authorizer decides on access; empty means everything is allowed.";
    "connection.failed.authentication.delay.ms": Int = Is("100"), AtLeast(0), Low ReadOnly Public
        "Pause before a connection that failed to authenticate is closed.";
    "connections.max.reauth.ms": Long = Is("0"), Any, Medium ReadOnly Public
        "How long a SASL session lasts before the client must authenticate again; 0 means for ever.";
    "delegation.token.expiry.check.interval.ms": Long = Is("3600000"), AtLeast(1), Low ReadOnly Public
        "How often expired delegation tokens are removed.";
    "delegation.token.expiry.time.ms": Long = Is("86400000"), AtLeast(1), Medium ReadOnly Public
        "How long a delegation token is valid unless renewed.";
    "delegation.token.max.lifetime.ms": Long = Is("604800000"), AtLeast(1), Medium ReadOnly Public
        "How long a delegation token can live, renewals included.";
    "delegation.token.secret.key": Password = Unset, Any, Medium ReadOnly Public
        "The secret that signs delegation tokens; the same on every broker.";
    "principal.builder.class": Class = Is("org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder"), Any, Medium PerBroker Public
        "A JVM class that names principals; Highwater uses its own rules.";
    "security.inter.broker.protocol": String = Is("PLAINTEXT"), OneOf(&["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]), Medium ReadOnly Public
        "Security protocol among brokers, unless inter.broker.listener.name is set.";
    "security.providers": String = Unset, Any, Low ReadOnly Public
        "JVM security providers; Highwater can not load them.";
    "ssl.allow.dn.changes": Boolean = Is("false"), Any, Low ReadOnly Public
        "Whether a new certificate may name another subject.";
    "ssl.allow.san.changes": Boolean = Is("false"), Any, Low ReadOnly Public
        "Whether a new certificate may lack alternative names of the old one.";
    "ssl.cipher.suites": List = Is(""), Distinct(Empty::Allowed), Medium PerBroker Public
        "TLS cipher suites that are allowed; all safe ones when empty.";
    "ssl.client.auth": String = Is("none"), OneOf(&["required", "requested", "none"]), Medium PerBroker Public
        "Whether clients must show a certificate.";
    "ssl.enabled.protocols": List = Is("TLSv1.2,TLSv1.3"), Distinct(Empty::Allowed), Medium PerBroker Public
        "TLS versions that are allowed.";
    "ssl.endpoint.identification.algorithm": String = Is("https"), Any, Low PerBroker Public
        "How the other side's host name is checked; empty switches it off.";
    "ssl.engine.factory.class": Class = Unset, Any, Low PerBroker Public
        "A JVM class that makes TLS engines; Highwater uses its own.";
    "ssl.key.password": Password = Unset, Any, Medium PerBroker Public
        "Password of the private key.";
    "ssl.keymanager.algorithm": String = Is("SunX509"), Any, Medium PerBroker Public
        "JVM key manager; accepted and not used.";
    "ssl.keystore.certificate.chain": Password = Unset, Any, Medium PerBroker Public
        "Certificates in PEM form.";
    "ssl.keystore.key": Password = Unset, Any, Medium PerBroker Public
        "Private key in PEM form.";
    "ssl.keystore.location": String = Unset, Any, Medium PerBroker Public
        "File with the private key and its certificates.";
    "ssl.keystore.password": Password = Unset, Any, Medium PerBroker Public
        "Password of that file.";
    "ssl.keystore.type": String = Is("JKS"), Any, Medium PerBroker Public
        "Format of that file: JKS, PKCS12 or PEM.";
    "ssl.principal.mapping.rules": String = Is("DEFAULT"), Any, Low ReadOnly Public
        "How a certificate's subject becomes a user name.";
    "ssl.protocol": String = Is("TLSv1.3"), Any, Medium PerBroker Public
        "The preferred TLS version.";
    "ssl.provider": String = Unset, Any, Medium PerBroker Public
        "JVM TLS provider; accepted and not used.";
    "ssl.secure.random.implementation": String = Unset, Any, Low PerBroker Public
        "JVM random generator; accepted and not used.";
    "ssl.trustmanager.algorithm": String = Is("PKIX"), Any, Medium PerBroker Public
        "JVM trust manager; accepted and not used.";
    "ssl.truststore.certificates": Password = Unset, Any, Medium PerBroker Public
        "Trusted certificates in PEM form.";
    "ssl.truststore.location": String = Unset, Any, Medium PerBroker Public
        "File with trusted certificates.";
    "ssl.truststore.password": Password = Unset, Any, Medium PerBroker Public
        "Password of that file.";
    "ssl.truststore.type": String = Is("JKS"), Any, Medium PerBroker Public
        "Format of that file: JKS, PKCS12 or PEM.";
    "super.users": String = Unset, Any, Medium ReadOnly Public
        "Principals that may do everything: User:name, separated by semicolons.";
}
