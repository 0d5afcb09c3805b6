"""Coordinates: WGS-84 inside, GCJ-02 converted at the edge, distances on the sphere.

GCJ-02 is the obfuscated datum of Chinese maps. The forward formula is the published one (a shift by
polynomial and sine terms on the Krasovsky 1940 ellipsoid); the inverse is found by fixed-point iteration.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

EARTH_RADIUS_M = 6_371_008.8
_AXIS = 6_378_245.0
_ECCENTRICITY_2 = 0.00669342162296594323

Degrees = NDArray[np.float64]


def wgs84_to_gcj02(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """GCJ-02 degrees of WGS-84 degrees; arrays or numbers, inside China."""
    lon_, lat_ = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    x, y = lon_ - 105.0, lat_ - 35.0
    root = np.sqrt(np.abs(x))
    short = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    dlat = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + short
    dlat += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    dlat += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    dlon = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + short
    dlon += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    dlon += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    radians = np.radians(lat_)
    magic = 1 - _ECCENTRICITY_2 * np.sin(radians) ** 2
    dlat = np.degrees(dlat / (_AXIS * (1 - _ECCENTRICITY_2) / (magic * np.sqrt(magic))))
    dlon = np.degrees(dlon / (_AXIS / np.sqrt(magic) * np.cos(radians)))
    return lon_ + dlon, lat_ + dlat


def gcj02_to_wgs84(lon: ArrayLike, lat: ArrayLike) -> tuple[Degrees, Degrees]:
    """WGS-84 degrees of GCJ-02 degrees, exact to about a centimetre."""
    target_lon, target_lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    guess_lon, guess_lat = target_lon.copy(), target_lat.copy()
    for _ in range(6):
        there_lon, there_lat = wgs84_to_gcj02(guess_lon, guess_lat)
        guess_lon, guess_lat = guess_lon + target_lon - there_lon, guess_lat + target_lat - there_lat
    return guess_lon, guess_lat


def distance_m(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> Degrees:
    """Great-circle metres between WGS-84 points in degrees (haversine)."""
    a, b, c, d = (np.radians(np.asarray(v, np.float64)) for v in (lon1, lat1, lon2, lat2))
    h = np.sin((d - b) / 2) ** 2 + np.cos(b) * np.cos(d) * np.sin((c - a) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(h)))
