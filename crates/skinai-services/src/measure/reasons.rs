//! Why a region or its outline cannot be measured.

use crate::wire::{Withheld, WithheldCode};

/// Nothing stands out.
pub fn no_spot() -> Withheld {
    Withheld {
        code: WithheldCode::NoSpot,
        reason: "nothing in the region stands out from the skin around it".to_owned(),
    }
}

/// The spot is not all in the region.
pub fn at_edge() -> Withheld {
    Withheld {
        code: WithheldCode::SpotAtEdge,
        reason:
            "the spot reaches the region's edge; draw the region larger, with some skin all around the spot"
                .to_owned(),
    }
}

/// There is more than one colour.
pub fn mixed() -> Withheld {
    region_mixed(
        "the region holds two colours, and no one spot to tell them apart by; draw it around one whole spot, or on \
         even skin",
    )
}

/// The photo's edge goes through the spot.
pub fn cut() -> Withheld {
    region_mixed("the photo's edge cuts the spot; take the photo again with some skin all around the spot")
}

/// The region's middle lies in neither of two spots.
pub fn two_spots() -> Withheld {
    region_mixed("the region holds two spots and its middle lies in neither; draw it around one of them")
}

/// There is no skin to compare with.
pub fn no_surround() -> Withheld {
    Withheld {
        code: WithheldCode::NoSurround,
        reason: "there is no room around the region, or no skin in it; mark some skin to compare with, or take the \
                 photo from further away"
            .to_owned(),
    }
}

fn region_mixed(reason: &str) -> Withheld {
    Withheld { code: WithheldCode::RegionMixed, reason: reason.to_owned() }
}
