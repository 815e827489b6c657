//! Routes before anything is delivered.

use connect_proto::router::{Recipients, RouteConfig, RouteError, Routes};

#[test]
fn a_route_that_cannot_be_is_refused_by_its_values() {
    let mut routes = Routes::new();
    let config = RouteConfig::new();
    let _kept = [
        routes.add(10..=20, config).unwrap(),
        routes.add(30, config).unwrap(),
        routes.add_rest(config).unwrap(),
    ];
    let overlap = |recipients: Recipients, existing: Recipients| RouteError::Overlap {
        recipients,
        existing,
    };
    let cases: [(Recipients, RouteError, &str); 6] = [
        (
            (20..22).into(),
            overlap((20..22).into(), (10..=20).into()),
            "recipients 20..=21 overlap the route of 10..=20",
        ),
        (
            30.into(),
            overlap(30.into(), 30.into()),
            "recipients 30 overlap the route of 30",
        ),
        (
            (0..=65_535).into(),
            overlap((0..=65_535).into(), (10..=20).into()),
            "recipients 0..=65535 overlap the route of 10..=20",
        ),
        (
            (12..13).into(),
            overlap(12.into(), (10..=20).into()),
            "recipients 12 overlap the route of 10..=20",
        ),
        (
            (5..5).into(),
            RouteError::NoRecipients {
                recipients: (5..5).into(),
            },
            "5..5 contains no recipient",
        ),
        (
            // Bounds that come from elsewhere.
            Recipients::from(std::ops::RangeInclusive::new(9, 8)),
            RouteError::NoRecipients {
                recipients: (9..9).into(),
            },
            "9..9 contains no recipient",
        ),
    ];
    for (recipients, expected, message) in cases {
        let error = routes.add(recipients, config).unwrap_err();
        assert_eq!(error, expected);
        assert_eq!(error.to_string(), message);
    }
    assert_eq!(routes.add_rest(config).unwrap_err(), RouteError::SecondRest);
    // Nothing of that has taken a recipient away.
    let _ = routes.add(21..30, config).unwrap();
    let _ = routes.add(0..10, config).unwrap();
    let _ = routes.add(31..=65_535, config).unwrap();
}
