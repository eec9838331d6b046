// Look-up table: the output is bit `addr_i` of Init. Purely combinational.
module lut #(
  parameter int unsigned           FanIn = 6,
  parameter logic [2**FanIn - 1:0] Init  = '0
) (
  input  logic [FanIn-1:0] addr_i,
  output logic             out_o
);

  assign out_o = Init[addr_i];

endmodule
